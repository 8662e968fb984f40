// Preloaded (node --import) into the desk and into the suite's runner alike: both live at the day the suite's fixtures were
// written for. Later, its runner makes up a new start_time at every call, and a replay is then no replay.
const offset = Number(process.env.CONFORMANCE_CLOCK_OFFSET_MS ?? 0)
const RealDate = Date
globalThis.Date = class Date extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + offset)
    else super(...parts)
  }
  static now() {
    return RealDate.now() + offset
  }
}
