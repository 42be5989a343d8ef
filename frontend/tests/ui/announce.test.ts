import { afterEach, beforeEach, expect, it, vi } from 'vitest';

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetModules();
});

afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

async function announcer() {
  return await import('../../src/ui/announce');
}

function region(): Element | null {
  return document.querySelector('[aria-live]');
}

it('says a message at once, in one live region', async () => {
  const { announce } = await announcer();
  announce('uno');
  vi.advanceTimersByTime(100);
  expect(region()?.textContent).toBe('uno');
  expect(document.querySelectorAll('[aria-live]')).toHaveLength(1);
});

it('speaks once in three seconds, and keeps the latest of what came in between', async () => {
  const { announce } = await announcer();
  for (const text of ['uno', 'dos', 'tres']) announce(text);
  vi.advanceTimersByTime(2_999);
  expect(region()?.textContent).toBe('uno');
  vi.advanceTimersByTime(100);
  expect(region()?.textContent).toBe('tres');
});

it('does not let a polite message push out an assertive one', async () => {
  const { announce } = await announcer();
  announce('uno');
  announce('urgente', 'assertive');
  announce('dos', 'polite');
  vi.advanceTimersByTime(3_100);
  expect(region()?.textContent).toBe('urgente');
  expect(region()?.getAttribute('aria-live')).toBe('assertive');
});

it('says the same words again as a new message', async () => {
  const { announce } = await announcer();
  announce('uno');
  vi.advanceTimersByTime(5_000);
  announce('uno');
  expect(region()?.textContent).toBe('');
  vi.advanceTimersByTime(100);
  expect(region()?.textContent).toBe('uno');
});

it('speaks from inside an open dialog, since what lies behind one is silent', async () => {
  const { announce } = await announcer();
  const dialog = document.body.appendChild(document.createElement('dialog'));
  dialog.setAttribute('open', '');
  announce('uno');
  expect(region()?.parentElement).toBe(dialog);
});

it('finds a new place when the dialog that it spoke from has left the page', async () => {
  const { announce } = await announcer();
  const dialog = document.body.appendChild(document.createElement('dialog'));
  dialog.setAttribute('open', '');
  announce('uno');
  dialog.remove();
  vi.advanceTimersByTime(5_000);
  announce('dos');
  vi.advanceTimersByTime(100);
  expect(document.body.textContent).toContain('dos');
});

it('is not left behind in a dialog that closes before it has spoken', async () => {
  const { announce } = await announcer();
  const dialog = document.body.appendChild(document.createElement('dialog'));
  dialog.setAttribute('open', '');
  announce('uno');
  dialog.removeAttribute('open');
  vi.advanceTimersByTime(200);
  expect(region()?.parentElement).toBe(document.body);
  expect(region()?.textContent).toBe('uno');
});

it('what is taken away says nothing more, and begins anew when it is needed again', async () => {
  const { announce, unmountAnnouncer } = await announcer();
  announce('uno');
  announce('dos');
  unmountAnnouncer();
  vi.advanceTimersByTime(10_000);
  expect(region()).toBeNull();
  announce('tres');
  vi.advanceTimersByTime(100);
  expect(region()?.textContent).toBe('tres');
});
