/** Ends of lines and control characters, which act on a terminal, a log or a page instead of being seen there. */
const breaks = /[\p{Cc}\p{Zl}\p{Zp}]+/gu
/** Characters nobody sees, that turn round what stands beside them, halves of pairs and those of no meaning. */
const unseen = /[\p{Cf}\p{DI}\p{Cs}\p{Co}]+/gu

/** A line as a terminal may be given it, whoever wrote parts of it: it stays one line, its spaces stay, nothing in it acts or hides. */
export const visible = (line: string): string => line.replace(breaks, ' ').replace(unseen, '')

/** Somebody else's words as people may be shown them: on one line, in the order they were written, with nothing in them that is not seen. */
export const plainLine = (text: string): string => visible(text).replace(/\s+/g, ' ').trim()

/** The beginning of a text of at most `most` UTF-16 units; half a character is none. */
export const beginning = (text: string, most: number): string =>
  text.slice(0, Math.max(0, most)).replace(/[\ud800-\udbff]$/, '')
