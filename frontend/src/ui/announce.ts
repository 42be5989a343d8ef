/**
 * Says something to people who use a screen reader.
 *
 * There is one live region on the page, and it speaks at most once in three seconds: of what comes
 * in between, the latest is kept. An assertive message is not pushed out by a polite one.
 */

export type Urgency = 'polite' | 'assertive';

const PAUSE_MS = 3_000;
/** A region that has just moved is heard only if its text comes a moment later. */
const SETTLE_MS = 50;

let region: HTMLElement | null = null;
let waiting: { text: string; urgency: Urgency } | null = null;
let resting = false;
let timers: ReturnType<typeof setTimeout>[] = [];

export function announce(text: string, urgency: Urgency = 'polite'): void {
  if (!(waiting?.urgency === 'assertive' && urgency === 'polite')) waiting = { text, urgency };
  if (!resting) speak();
}

/** Puts the region on the page. Called once at the start, so that it is known before it speaks. */
export function mountAnnouncer(): void {
  place();
}

/** Takes the region away, with all that was to be said. */
export function unmountAnnouncer(): void {
  for (const timer of timers) clearTimeout(timer);
  timers = [];
  region?.remove();
  region = null;
  waiting = null;
  resting = false;
}

function speak(): void {
  if (!waiting) {
    resting = false;
    return;
  }
  const { text, urgency } = waiting;
  waiting = null;
  resting = true;
  timers = [setTimeout(speak, PAUSE_MS)];
  say(text, urgency);
}

function say(text: string, urgency: Urgency): void {
  const target = place();
  const host = target.parentElement;
  target.setAttribute('aria-live', urgency);
  target.textContent = '';
  const timer = setTimeout(() => {
    // The dialog that it is in may have closed meanwhile, as one does that has done its work.
    if (place().parentElement === host) target.textContent = text;
    else say(text, urgency);
  }, SETTLE_MS);
  timers.push(timer);
}

/** What lies behind a modal dialog is inert and not spoken, so the region goes into the dialog. */
function place(): HTMLElement {
  if (!region) {
    region = document.createElement('div');
    region.className = 'visually-hidden';
    region.setAttribute('aria-live', 'polite');
    region.setAttribute('aria-atomic', 'true');
  }
  const dialogs = document.querySelectorAll('dialog[open]');
  const host = dialogs[dialogs.length - 1] ?? document.body;
  if (region.parentElement !== host) host.append(region);
  return region;
}
