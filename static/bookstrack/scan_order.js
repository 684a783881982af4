// The order in which people read a shelf: board by board from the top, on each from left to right, in a pile of lying books from the top.

const ON_BOARD = 0.5; // of a frame's height, that lies within the board's
const IN_PILE = 0.6; // of the narrower frame's width, that lies over the other

const shared = (from, to, otherFrom, otherTo) => Math.min(to, otherTo) - Math.max(from, otherFrom);

// Things with a box `boxOf(thing)` in fractions of the photo; those without one keep their order, at the end.
export function inReadingOrder(things, boxOf) {
  const placed = things.filter(boxOf).map((thing) => ({ thing, box: boxOf(thing) }));
  const ordered = boards(placed).flatMap((board) => piles(board.members)).flat();
  return [...ordered.map(({ thing }) => thing), ...things.filter((thing) => !boxOf(thing))];
}

// The tallest of a board says how high it is.
function boards(placed) {
  const found = [];
  for (const one of [...placed].sort((a, b) => b.box.height - a.box.height)) {
    const { y1, y2, height } = one.box;
    const board = found.find(({ box }) => shared(y1, y2, box.y1, box.y2) >= ON_BOARD * height);
    if (board) board.members.push(one);
    else found.push({ box: one.box, members: [one] });
  }
  return found.sort((a, b) => a.box.y1 + a.box.y2 - b.box.y1 - b.box.y2);
}

function piles(members) {
  const found = [];
  for (const one of [...members].sort((a, b) => a.box.x1 + a.box.x2 - b.box.x1 - b.box.x2)) {
    const { x1, x2, width } = one.box;
    const last = found.at(-1)?.at(-1).box;
    if (last && shared(x1, x2, last.x1, last.x2) >= IN_PILE * Math.min(width, last.width)) found.at(-1).push(one);
    else found.push([one]);
  }
  return found.map((pile) => pile.sort((a, b) => a.box.y1 - b.box.y1));
}
