/** How finely it is looked for, in CSS pixels. */
const STEP = 12;

/**
 * The part of an element's height that is seen: inside the window, and not under a bar that lies over
 * it. Measured from the element's upper edge; both ends are its own when nothing of it is seen.
 */
export function seenPart(element: HTMLElement): { top: number; bottom: number } {
  const box = element.getBoundingClientRect();
  const x = box.left + box.width / 2;
  let top = Math.max(0, -box.top);
  let bottom = Math.min(box.height, window.innerHeight - box.top);
  const isCovered = (y: number): boolean => {
    const found = document.elementFromPoint(x, box.top + y);
    // What lies inside the same frame is the board's own, as the card beside a number.
    return found !== null && !element.contains(found) && !element.parentElement?.contains(found);
  };
  while (top < bottom && isCovered(top + 1)) top += STEP;
  while (top < bottom && isCovered(bottom - 1)) bottom -= STEP;
  return top < bottom ? { top, bottom } : { top: 0, bottom: box.height };
}
