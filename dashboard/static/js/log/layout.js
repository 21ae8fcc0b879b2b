// What is shown in which order: the lines, with a head before each fold; a closed fold shows its head alone.
// A row is a place in that order, from 0; a key names what stands there: a line's number, or minus a fold's first line.

export class Layout {
  // `folds`: [{first, last, open}] in order, not overlapping. `ranges`: [[first, last]] shows just these lines.
  constructor(first, last, folds, ranges = null) {
    this.pieces = [];
    this.total = 0;
    if (ranges) {
      for (const [from, to] of ranges) this.add(null, from, Math.min(to, last));
      return;
    }
    let next = first;
    for (const fold of folds) {
      if (fold.first > last) break;
      if (fold.first > next) this.add(null, next, fold.first - 1);
      next = Math.min(fold.last, last) + 1;
      this.add(fold, Math.max(fold.first, first), next - 1);
    }
    if (next <= last) this.add(null, next, last);
  }

  add(fold, from, to) {
    if (to < from) return;
    this.pieces.push({ fold, from, to, row: this.total });
    this.total += (fold ? 1 : 0) + (!fold || fold.open ? to - from + 1 : 0);
  }

  // {key, line, fold}: `line` is 0 for a head.
  at(row) {
    const { fold, from, row: begin } = this.pieces[last(this.pieces, piece => piece.row <= row)];
    const line = fold ? (row === begin ? 0 : from + row - begin - 1) : from + row - begin;
    return { key: line || -fold.first, line, fold };
  }

  // Where that key stands; what is not shown is where its fold's head is, or the line after it.
  row(key) {
    const wanted = Math.abs(key);
    const index = Math.max(0, last(this.pieces, piece => piece.from <= wanted));
    const piece = this.pieces[index];
    if (!piece) return 0;
    const { fold, from, to, row } = piece;
    if (wanted > to && index + 1 < this.pieces.length) return this.pieces[index + 1].row;
    if (fold && (key < 0 || !fold.open)) return row;
    return row + (fold ? 1 : 0) + Math.min(Math.max(wanted, from), to) - from;
  }
}

// The last place for which `holds` is true, -1 without one; they are true up to some place.
function last(list, holds) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(list[middle])) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
