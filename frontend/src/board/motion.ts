import { Cell } from '../sdk/types';
import { isOwn } from './marks';

export const FADE_MS = 150;
export const SHAKE_MS = 250;
/** A fade is drawn this often. More is not seen, and each drawing costs a copy of its canvas. */
const FADE_STEPS = 4;

export interface Motion {
  readonly kind: 'fade' | 'shake';
  readonly from: Cell;
  readonly began: number;
}

/**
 * How a change is shown. What I do is there at once; what others do fades, so that a busy board stays
 * calm; what I lost shakes.
 */
export function motionFor(from: Cell, to: Cell): Motion['kind'] | null {
  if (to === Cell.lost) return 'shake';
  return isOwn(from) || isOwn(to) ? null : 'fade';
}

/** How far a motion is at the time `now`: 0 to 1. A fade goes in steps, the first of them at once. */
export function shareOf(motion: Motion, now: number): number {
  const fades = motion.kind === 'fade';
  const share = Math.min(1, Math.max(0, (now - motion.began) / (fades ? FADE_MS : SHAKE_MS)));
  return fades ? (Math.floor(share * (FADE_STEPS - 1)) + 1) / FADE_STEPS : share;
}
