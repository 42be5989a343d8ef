import { afterEach, beforeEach, expect, it } from 'vitest';
import { ExpiredDialog } from '../../src/pages/raffle/dialogs/ExpiredDialog';
import { fakeLive, hold, leave, press, render, text } from './page';

let live: ReturnType<typeof fakeLive>;
let recovered: number;

beforeEach(() => {
  live = fakeLive();
  recovered = 0;
});

afterEach(leave);

async function show(selling = true): Promise<void> {
  await render(
    <ExpiredDialog
      live={live}
      expired={hold(0, { phase: 'expired' })}
      selling={selling}
      onRecovered={() => {
        recovered += 1;
      }}
    />,
  );
}

function gone(): boolean {
  return document.querySelector('dialog')?.open !== true;
}

it('says that the numbers are free again, and which they were', async () => {
  await show();
  expect(text()).toContain('Se liberaron sus números');
  expect(text()).toContain('0417');
});

it('does not offer to bring them back where nothing is sold any more', async () => {
  await show(false);
  expect(text()).not.toContain('Recuperar');
});

it('brings all of them back with one tap, and asks nothing more', async () => {
  live.recover.mockResolvedValue({
    regained: ['0417', '0532', '0999'],
    gone: [],
    proposed: [],
    outcome: { ok: true, reservation: null },
  });
  await show();
  await press('Recuperar mis números');
  expect(recovered).toBe(1);
  expect(text()).not.toContain('más cercano');
});

it('proposes the nearest for those that are gone, and holds one with a tap', async () => {
  live.recover.mockResolvedValue({
    regained: ['0417', '0532'],
    gone: ['0999'],
    proposed: ['1001'],
    outcome: { ok: true, reservation: null },
  });
  await show();
  await press('Recuperar mis números');
  expect(text()).toContain('Recuperó estos números');
  await press('Apartar el 1001');
  expect(live.pick).toHaveBeenCalledWith('1001');
  expect(text()).toContain('Apartó el 1001');
  await press('Seguir');
  expect([live.forgetExpired.mock.calls.length, recovered]).toEqual([1, 1]);
});

it('says why nothing could be brought back, and lets the person try again', async () => {
  live.recover.mockResolvedValue({
    regained: [],
    gone: [],
    proposed: [],
    outcome: { ok: false, code: 'offline', params: {} },
  });
  await show();
  await press('Recuperar mis números');
  expect(text()).toContain('No hay conexión');
  expect(text()).toContain('Recuperar mis números');
  expect(recovered).toBe(0);
});

it('forgets them when the person wants others', async () => {
  await show();
  await press('Escoger otros');
  expect(live.forgetExpired).toHaveBeenCalledTimes(1);
  await render(<ExpiredDialog live={live} expired={null} selling />);
  expect(gone()).toBe(true);
});
