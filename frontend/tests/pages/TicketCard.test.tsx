import type { AnchorHTMLAttributes } from 'react';
import { afterEach, expect, it, vi } from 'vitest';
import { ReservationCard } from '../../src/pages/my-numbers/ReservationCard';
import type { Ticket } from '../../src/sdk/types';
import { hold, leave, render, text } from './page';

// The router is not what is tested here: a link is where it leads.
vi.mock('wouter', () => ({
  Link: (props: AnchorHTMLAttributes<HTMLAnchorElement>) => <a {...props} />,
}));

afterEach(leave);

const bought = hold(0, { phase: 'completed', ticket: 'c0de' });

function left(numberIds: string[], status: Ticket['status']): Ticket {
  return {
    code: 'c0de',
    status,
    raffle: { id: 'moto', title: 'Moto 2026', status: 'active', draw_at: null },
    number_ids: numberIds,
    refunded: bought.number_ids.length - numberIds.length,
    sold_at: bought.created_at,
    server_time: bought.created_at,
  };
}

async function card(reservation = bought, ticket?: Ticket): Promise<string> {
  await render(
    <ReservationCard
      reservation={reservation}
      title="Moto 2026"
      ticket={ticket}
      onExpire={vi.fn()}
    />,
  );
  return text().replace(/\s/g, ' ');
}

function pictures(): (string | null)[] {
  return [...document.querySelectorAll('img')].map((each) => each.getAttribute('src'));
}

function links(): (string | null)[] {
  return [...document.querySelectorAll('a')].map((each) => each.getAttribute('href'));
}

it('what was bought shows its ticket at once, also before or without word from the server', async () => {
  const said = await card();
  expect(said).toContain('Pagado');
  expect(said).toContain('₡45 000');
  expect(pictures()).toEqual([expect.stringMatching(/\/api\/v1\/tickets\/c0de\/qr\.svg$/)]);
  expect(links()).toContain('/boleto/c0de');
  expect(links()).toContainEqual(expect.stringMatching(/c0de\/ticket\.pdf\?lang=es$/));
});

it('numbers that went back are no longer among mine, nor in what they came to', async () => {
  const said = await card(bought, left(['0532'], 'partly_refunded'));
  expect(said).toContain('0532');
  expect(said).not.toContain('0417');
  expect(said).toContain('una parte reembolsada');
  expect(said).toContain('₡15 000');
  expect(pictures()).toHaveLength(1);
});

it('a purchase that was refunded has no ticket to show', async () => {
  const said = await card(bought, left([], 'refunded'));
  expect(said).toContain('Reembolsado');
  expect(said).toContain('0417');
  expect(pictures()).toEqual([]);
  expect(said).not.toContain('Ver boleto');
});

it('what is not paid yet has no ticket', async () => {
  const said = await card(hold(60_000));
  expect(pictures()).toEqual([]);
  expect(said).not.toContain('Ver boleto');
});
