import { boxOf, type Geometry } from './geometry';

/** An element that lies around one number of a board, or around none. */
export class Marker {
  #index: number | null = null;

  constructor(private readonly element: HTMLElement) {
    element.hidden = true;
  }

  /** `shift`: how far what lies on the board is from its `y`. */
  moveTo(index: number | null, geometry: Geometry, shift: number): void {
    this.#index = index;
    this.place(geometry, shift);
  }

  /** Where its number is now. */
  place(geometry: Geometry, shift: number): void {
    const { element } = this;
    const index = this.#index;
    element.hidden = index === null || index >= geometry.count;
    if (index === null || element.hidden) return;
    const { left, y, width, height } = boxOf(geometry, index);
    element.style.left = `${left}px`;
    element.style.top = `${y + shift}px`;
    element.style.width = `${width}px`;
    element.style.height = `${height}px`;
  }

  /** Plays its animation from the beginning. */
  appear(): void {
    const { style } = this.element;
    style.animation = 'none';
    void this.element.offsetWidth;
    style.animation = '';
  }
}
