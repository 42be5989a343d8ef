/** How long a finger rests before it asks for the details of a number. */
export const HOLD_MS = 500;
/** A finger that moved further than this, in CSS pixels, scrolls. */
const SLOP = 10;
/** A tap so soon after the board moved was meant to stop it. */
const ROLLING_MS = 120;

export interface Gestures {
  tap(index: number): void;
  /** A long press, a right click, or the menu key. */
  hold(index: number): void;
  /** The mouse is over this number, or over none. */
  hover(index: number | null): void;
}

/**
 * Tells taps, long presses and scrolling apart on `scroller`, until the returned function is called.
 * `hit` says which number is at a point of the window. A click made by a keyboard or a screen reader
 * has no point; it counts for the element with `data-index` that it came to.
 */
export function followGestures(
  scroller: HTMLElement,
  hit: (x: number, y: number) => number | null,
  gestures: Gestures,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let down: { x: number; y: number; scrollTop: number; rolling: boolean } | null = null;
  let held = false;
  let scrolledAt = Number.NEGATIVE_INFINITY;

  function stopTimer(): void {
    clearTimeout(timer);
    timer = undefined;
  }

  function holdAt(index: number | null): void {
    stopTimer();
    if (index === null || held) return;
    held = true;
    gestures.hold(index);
  }

  function onPointerDown(event: PointerEvent): void {
    held = false;
    // A mouse stops nothing: what it clicks while a wheel still rolls is meant.
    const rolling = event.pointerType !== 'mouse' && event.timeStamp - scrolledAt < ROLLING_MS;
    down = { x: event.clientX, y: event.clientY, scrollTop: scroller.scrollTop, rolling };
    stopTimer();
    if (event.pointerType === 'mouse' || !event.isPrimary || rolling) return;
    timer = setTimeout(() => holdAt(hit(event.clientX, event.clientY)), HOLD_MS);
  }

  function onPointerMove(event: PointerEvent): void {
    if (down && Math.hypot(event.clientX - down.x, event.clientY - down.y) > SLOP) stopTimer();
    if (event.pointerType === 'mouse') gestures.hover(hit(event.clientX, event.clientY));
  }

  function onScroll(event: Event): void {
    scrolledAt = event.timeStamp;
    stopTimer();
    gestures.hover(null);
  }

  function onClick(event: MouseEvent): void {
    stopTimer();
    const began = down;
    down = null;
    if (held) {
      held = false;
      return;
    }
    if (event.detail === 0) {
      const index = indexOfTarget(event);
      if (index !== null) gestures.tap(index);
      return;
    }
    if (began && (began.rolling || Math.abs(scroller.scrollTop - began.scrollTop) > SLOP)) return;
    const index = hit(event.clientX, event.clientY);
    if (index !== null) gestures.tap(index);
  }

  function onContextMenu(event: MouseEvent): void {
    event.preventDefault();
    // The menu key has no point either, but says so differently in every browser.
    const byKey = !down;
    holdAt((byKey ? indexOfTarget(event) : null) ?? hit(event.clientX, event.clientY));
    if (byKey || event.button === 2) held = false;
    down = null;
  }

  function onLeave(): void {
    stopTimer();
    gestures.hover(null);
  }

  const handlers: [string, (event: never) => void][] = [
    ['pointerdown', onPointerDown],
    ['pointermove', onPointerMove],
    ['pointerup', stopTimer],
    ['pointercancel', stopTimer],
    ['pointerleave', onLeave],
    ['scroll', onScroll],
    ['click', onClick],
    ['contextmenu', onContextMenu],
  ];
  for (const [name, handler] of handlers) {
    scroller.addEventListener(name, handler as EventListener, { passive: name === 'scroll' });
  }
  return () => {
    stopTimer();
    for (const [name, handler] of handlers) {
      scroller.removeEventListener(name, handler as EventListener);
    }
  };
}

function indexOfTarget(event: Event): number | null {
  const cell = (event.target as Element).closest<HTMLElement>('[data-index]');
  return cell ? Number(cell.dataset.index) : null;
}
