/** Measures two sides in turn, the one that begins changing each round, so that what else the machine does falls on both. */
export async function inTurn<T>(
  rounds: number,
  ours: () => Promise<T>,
  theirs: () => Promise<T>,
): Promise<{ ours: T[]; theirs: T[] }> {
  const measured = { ours: [] as T[], theirs: [] as T[] }
  for (let round = 0; round < rounds; round++) {
    const both = [
      async () => void measured.ours.push(await ours()),
      async () => void measured.theirs.push(await theirs()),
    ]
    for (const side of round % 2 === 0 ? both : both.reverse()) await side()
  }
  return measured
}
