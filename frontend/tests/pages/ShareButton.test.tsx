import { afterEach, expect, it, vi } from 'vitest';
import { fetchLazyParts } from '../../src/app/lazy';
import { ShareButton } from '../../src/pages/raffle/ShareButton';
import { raffleLink } from '../../src/pages/raffle/share';
import { button, field, leave, press, RAFFLE, render, text } from './page';

afterEach(() => {
  leave();
  vi.unstubAllGlobals();
});

it('a raffle is shared by the device, and by a dialog where the device has no way to share', async () => {
  await fetchLazyParts();
  const share = vi.fn(async () => undefined);
  const writeText = vi.fn(async () => undefined);
  vi.stubGlobal('navigator', { share, clipboard: { writeText } });
  await render(<ShareButton raffle={RAFFLE} />);
  await press('Compartir');
  expect(share).toHaveBeenCalledWith(expect.objectContaining({ url: raffleLink(RAFFLE.id) }));
  expect(text()).not.toContain('WhatsApp');

  vi.stubGlobal('navigator', { clipboard: { writeText } });
  await press('Compartir');
  expect(field('Enlace').value).toBe(raffleLink(RAFFLE.id));
  await press('Copiar enlace');
  expect(writeText).toHaveBeenCalledWith(raffleLink(RAFFLE.id));
  expect(button('Copiado')).toBeDefined();
});

it('closing the sheet of the device opens nothing, and a sheet that fails is replaced', async () => {
  await fetchLazyParts();
  const share = vi.fn(() => Promise.reject(new DOMException('', 'AbortError')));
  vi.stubGlobal('navigator', { share });
  await render(<ShareButton raffle={RAFFLE} />);
  await press('Compartir');
  expect(text()).toBe('');

  share.mockImplementation(() => Promise.reject(new DOMException('', 'NotAllowedError')));
  await press('Compartir');
  expect(text()).toContain('WhatsApp');
});
