import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BeforePaying } from '../../src/pages/raffle/dialogs/BeforePaying';
import { ApiError } from '../../src/sdk/errors';
import type { Contact } from '../../src/sdk/types';
import {
  button,
  description,
  fakeLive,
  field,
  hold,
  leave,
  press,
  RAFFLE,
  render,
  text,
  type,
} from './page';

const { known, remember } = vi.hoisted(() => ({
  known: { contact: null as Contact | null, person: { userId: '' } },
  remember: vi.fn(),
}));
vi.mock('../../src/sdk/identity', () => ({
  identity: {
    get: () => known.person,
    subscribe: () => () => undefined,
    asPerson: async () => ({ contact: known.contact }),
    remember,
  },
}));

const ANA: Contact = { name: 'Ana Vargas', phone: '+50688887777', email: null };
let live: ReturnType<typeof fakeLive>;
let onPaying: () => void;
let people = 0;

beforeEach(() => {
  live = fakeLive();
  onPaying = vi.fn();
  known.contact = null;
  // What was learned about one person is not asked again.
  people += 1;
  known.person = { userId: `person-${people}` };
  remember.mockReset().mockImplementation(async (contact: Contact) => contact);
});

afterEach(leave);

function show(ms: number): Promise<void> {
  return render(
    <BeforePaying
      open
      live={live}
      raffle={RAFFLE}
      reservation={hold(ms)}
      onClose={() => undefined}
      onPaying={onPaying}
    />,
  );
}

it('says that the clock will be a shorter one, while more is left', async () => {
  await show(520_000);
  expect(text()).toContain('Para pagar tendrá 5');
});

it('does not speak of the clock when paying gives more time than is left', async () => {
  await show(200_000);
  expect(text()).not.toContain('Para pagar tendrá');
});

it('does not go on before it is known who the numbers are for, and points at what is missing', async () => {
  await show(520_000);
  await press('Ir a pagar');
  expect(remember).not.toHaveBeenCalled();
  expect(live.checkout).not.toHaveBeenCalled();
  expect(description('Nombre')).toContain('Escriba su nombre');
  expect(document.activeElement).toBe(field('Nombre'));
});

it('shows at its field what the server refuses', async () => {
  remember.mockRejectedValue(new ApiError('bad_request', { field: 'phone' }, 400));
  await show(520_000);
  await type('Nombre', 'Ana Vargas');
  await type('Teléfono', '8888 7777');
  await press('Ir a pagar');
  expect(description('Teléfono')).toContain('Revise el teléfono');
  expect(live.checkout).not.toHaveBeenCalled();
});

it('has the contact remembered, and then goes to the payment', async () => {
  await show(520_000);
  await type('Nombre', 'Ana Vargas');
  await type('Teléfono', '8888 7777');
  await press('Ir a pagar');
  expect(remember).toHaveBeenCalledWith({ ...ANA, language: 'es' });
  expect(onPaying).toHaveBeenCalledTimes(1);
});

it('stays, and says why, when the step is refused', async () => {
  known.contact = ANA;
  live.checkout.mockResolvedValue({ ok: false, code: 'raffle_not_active', params: {} });
  await show(520_000);
  expect(text()).toContain('+506 8888 7777');
  await press('Ir a pagar');
  expect(onPaying).not.toHaveBeenCalled();
  expect(text()).toContain('no está vendiendo');
  expect(button('Ir a pagar')).toBeTruthy();
});
