import { afterEach, expect, it } from 'vitest';
import { type PaymentMethod, PaymentMethods } from '../../src/pages/checkout/PaymentMethods';
import type { Reservation } from '../../src/sdk/types';
import { hold, leave, render, text } from './page';

afterEach(leave);

const reservation = hold(300_000, { phase: 'checkout', expires_at: '2026-12-20T00:05:00.000Z' });

function method(id: string): PaymentMethod {
  const Panel = ({ reservation }: { reservation: Reservation }) => (
    <p>{`${id} cobra ${reservation.total_amount}`}</p>
  );
  return { id, name: () => `Pagar con ${id}`, Panel };
}

it('without any method it says so, until when the numbers are held, and that nothing was charged', async () => {
  await render(<PaymentMethods reservation={reservation} contact={null} />);
  expect(text()).toContain('aún no está disponible');
  expect(text().replace(/\s/g, ' ')).toContain('hasta las 6:05 p. m. (hora de Costa Rica)');
  expect(text()).toContain('No se le ha cobrado nada');
});

it('a method that is registered shows its panel, with what there is to pay', async () => {
  await render(
    <PaymentMethods
      reservation={reservation}
      contact={null}
      methods={[method('sinpe'), method('tarjeta')]}
    />,
  );
  expect(text()).toContain('Pagar con tarjeta');
  expect(text()).toContain('sinpe cobra 4500000');
  expect(text()).not.toContain('aún no está disponible');
});
