import { vi } from 'vitest';

/**
 * Stands in for what the document of the tests has not: sizes, drawing, and frames that a test asks
 * for. Everything is as large as `width` and `height`.
 */
export function fakeScreen(width = 500, height = 416) {
  const frames = new Map<number, FrameRequestCallback>();
  let asked = 0;
  let resized = () => {};
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(drawing() as never);
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockImplementation(() => width);
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockImplementation(() => height);
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockImplementation(
    () => new DOMRect(0, 0, width, height),
  );
  // Nothing lies over anything.
  document.elementFromPoint = () => null;
  vi.stubGlobal('Path2D', class {});
  vi.stubGlobal(
    'ResizeObserver',
    class {
      constructor(private readonly listener: () => void) {}
      observe(): void {
        resized = this.listener;
      }
      disconnect(): void {
        resized = () => {};
      }
    },
  );
  vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => {
    asked += 1;
    frames.set(asked, callback);
    return asked;
  });
  vi.stubGlobal('cancelAnimationFrame', (id: number) => frames.delete(id));

  return {
    /** How many frames are waited for. */
    get waiting(): number {
      return frames.size;
    },
    frame(now = 0): void {
      const due = [...frames.values()];
      frames.clear();
      for (const callback of due) callback(now);
    },
    resize(to: number): void {
      width = to;
      resized();
    },
  };
}

export function leaveScreen(): void {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
}

/** A context on which anything can be drawn, and nothing is. */
function drawing(): object {
  const nothing = () => {};
  const answers: Record<string, unknown> = {
    measureText: () => ({ width: 40 }),
    getImageData: () => ({ data: new Uint8ClampedArray(4 * 9) }),
    createImageData: (columns: number, rows: number) => ({
      data: new Uint8ClampedArray(4 * columns * rows),
    }),
  };
  return new Proxy({} as Record<string, unknown>, {
    get: (written, name: string) => written[name] ?? answers[name] ?? nothing,
  });
}
