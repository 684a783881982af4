// How fast a job gets on, and what that says of its end: a range, or nothing while it would be a guess.

const WINDOW_MS = 60000;
const PAUSE_MS = 45000; // a longer silence was a pause: what was before it says nothing
const SLICE_MS = 1000;
const LEAST = { slices: 4, done: 5 };
const MOST_DOUBT = 0.75;

export class Pace {
  #points = []; // { at: ms, done: items }, oldest first

  note(at, done) {
    const last = this.#points.at(-1);
    if (last && (at - last.at > PAUSE_MS || done < last.done)) this.#points = [];
    this.#points.push({ at, done });
    while (this.#points.length > 2 && at - this.#points[1].at > WINDOW_MS) this.#points.shift();
  }

  forget() {
    this.#points = [];
  }

  // Seconds that are left, as [least, most]; null where nothing sensible can be said.
  left(now, total) {
    const slices = this.#slices(now);
    const spent = sum(slices, (slice) => slice.s);
    const done = sum(slices, (slice) => slice.n);
    const rest = total - (this.#points.at(-1)?.done ?? 0);
    if (rest <= 0 || slices.length < LEAST.slices || done < LEAST.done) return null;
    const rate = done / spent;
    const spread = Math.sqrt(sum(slices, (slice) => slice.s * (slice.n / slice.s - rate) ** 2) / spent);
    const half = Math.floor(slices.length / 2);
    const drift = (speed(slices.slice(half)) - speed(slices.slice(0, half))) / 2;
    // of the mean, of counting so few, and of a rate that is changing
    const doubt = Math.hypot((2 * spread) / rate / Math.sqrt(slices.length), 1 / Math.sqrt(done), drift / rate);
    if (doubt > MOST_DOUBT) return null;
    const seconds = rest / rate;
    return [seconds / (1 + doubt), seconds / (1 - doubt)];
  }

  #slices(now) {
    const slices = [];
    let from = this.#points[0];
    for (const point of this.#points) {
      if (point.at - from.at < SLICE_MS) continue;
      slices.push({ s: (point.at - from.at) / 1000, n: point.done - from.done });
      from = point;
    }
    const silent = from ? now - this.#points.at(-1).at : 0;
    const usual = slices.length ? (from.at - this.#points[0].at) / slices.length : SLICE_MS;
    if (silent > 3 * usual) slices.push({ s: silent / 1000, n: 0 });
    return slices;
  }
}

const sum = (list, of) => list.reduce((total, one) => total + of(one), 0);
const speed = (slices) => sum(slices, (slice) => slice.n) / sum(slices, (slice) => slice.s);

// "about 2–4 min left"
export function leftInWords([least, most]) {
  if (most < 5) return "a few seconds left";
  if (most < 90) return range(least, most, 5, "s");
  if (most < 5400) return range(least / 60, most / 60, 1, "min");
  return range(least / 3600, most / 3600, 0.5, "h");
}

function range(least, most, step, unit) {
  const low = Math.max(step, Math.floor(least / step) * step);
  const high = Math.max(low, Math.ceil(most / step) * step);
  return `about ${low === high ? low : `${low}–${high}`} ${unit} left`;
}

// "under 1 s", "7 s", "2 min 05 s", "1 h 02 min"
export function duration(ms) {
  if (ms < 950) return "under 1 s";
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (number) => String(number).padStart(2, "0");
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}
