import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../../src/sdk/errors';
import { LOST_MS } from '../../src/sdk/overlay';
import { REPLY_MS, TRUTH_MS } from '../../src/sdk/patience';
import { Cell, type Outcome, type Recovery } from '../../src/sdk/types';
import { FakeBrowser, type FakeTab } from './fakes/fakeBuyer';
import { FakeServer } from './fakes/fakeServer';

let server: FakeServer;
let browser: FakeBrowser;
let tab: FakeTab;

beforeEach(async () => {
  vi.useFakeTimers();
  server = new FakeServer();
  browser = new FakeBrowser(server);
  browser.identity.become('ana');
  tab = await browser.tab().untilLive();
});

afterEach(() => {
  tab.live.close();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

async function done<T>(command: Promise<T>, ms = 500): Promise<T> {
  await pass(ms);
  return Promise.race([command, Promise.reject(new Error('no outcome yet'))]);
}

const codeOf = (outcome: Outcome) => (outcome.ok ? 'ok' : outcome.code);
const sent = () => server.commands.map(({ type }) => type);

describe('picking', () => {
  it('marks a number at once, and as mine when the server says so', async () => {
    const outcome = tab.live.pick('07');
    expect(tab.cell('07')).toBe(Cell.pending);
    expect(codeOf(await done(outcome))).toBe('ok');
    expect(tab.cell('07')).toBe(Cell.mine);
    expect(tab.held).toEqual(['07']);
  });

  it('needs nobody before: the first pick makes the guest', async () => {
    browser.identity.set(null);
    await tab.untilLive();
    const outcome = tab.live.pick('07');
    expect(tab.cell('07')).toBe(Cell.pending);
    expect(codeOf(await done(outcome))).toBe('ok');
    expect(browser.identity.guests).toBe(1);
    expect(server.heldBy('guest-1')?.numbers).toEqual(['07']);
  });

  it('says why when no guest can be made, and takes the mark away', async () => {
    browser.identity.set(null);
    await tab.untilLive();
    browser.identity.refuseGuests = new ApiError('rate_limited', { retry_after_ms: 900 }, 429);
    const outcome = await done(tab.live.pick('07'));
    expect(outcome).toEqual({ ok: false, code: 'rate_limited', params: { retry_after_ms: 900 } });
    expect(tab.cell('07')).toBe(Cell.available);
  });

  it('sends quick taps together with the next command', async () => {
    const outcomes = ['01', '02', '03', '04'].map((label) => tab.live.pick(label));
    await pass(500);
    expect((await Promise.all(outcomes)).map(codeOf)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(tab.held).toEqual(['01', '02', '03', '04']);
    expect(sent().length).toBeLessThanOrEqual(2);
  });

  it('joins taps that come while the first one is unanswered', async () => {
    const first = tab.live.pick('01');
    await pass(10);
    const more = [tab.live.pick('02'), tab.live.pick('03')];
    await pass(500);
    expect((await Promise.all([first, ...more])).map(codeOf)).toEqual(['ok', 'ok', 'ok']);
    expect(server.commands).toMatchObject([
      { type: 'reserve', numbers: ['01'] },
      { type: 'add', numbers: ['02', '03'] },
    ]);
  });

  it('keeps the order of taps on the same number', async () => {
    const outcomes = [tab.live.pick('01'), tab.live.pick('02'), tab.live.unpick('02')];
    outcomes.push(tab.live.pick('03'));
    await pass(1_000);
    expect((await Promise.all(outcomes)).map(codeOf)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(tab.held).toEqual(['01', '03']);
    expect(sent()).toEqual(['reserve', 'remove', 'add']);
  });

  it('knows a label that this raffle does not have, without asking', async () => {
    const outcome = await tab.live.pick('7');
    expect(outcome).toEqual({ ok: false, code: 'unknown_number', params: { numbers: ['7'] } });
    expect(server.commands).toEqual([]);
  });

  it('takes what fits below the limit, and says of the rest that it does not', async () => {
    await done(Promise.all(['01', '02', '03'].map((label) => tab.live.pick(label))));
    const outcomes = ['04', '05', '06'].map((label) => tab.live.pick(label));
    await pass(500);
    expect((await Promise.all(outcomes)).map(codeOf)).toEqual(['ok', 'ok', 'too_many_numbers']);
    expect(tab.held).toEqual(['01', '02', '03', '04', '05']);
    expect(tab.cell('06')).toBe(Cell.available);
  });
});

describe('losing a race', () => {
  it('shows the loss for a moment, offers what is near, and keeps the others', async () => {
    const outcomes = ['10', '11'].map((label) => tab.live.pick(label));
    server.take('11');
    await pass(300);
    expect((await Promise.all(outcomes)).map(codeOf)).toEqual(['ok', 'numbers_taken']);
    expect(tab.held).toEqual(['10']);
    expect(tab.cell('11')).toBe(Cell.lost);
    expect(tab.notices).toEqual([{ kind: 'lost', numbers: ['11'], nearest: ['12', '13', '09'] }]);
    await pass(LOST_MS);
    expect(tab.cell('11')).toBe(Cell.reserved);
  });

  it('offers one number for each of several, and none twice', async () => {
    const outcomes = ['10', '11', '12'].map((label) => tab.live.pick(label));
    server.take('10', '11', '12');
    await pass(300);
    expect((await Promise.all(outcomes)).map(codeOf)).toEqual(Array(3).fill('numbers_taken'));
    const notice = tab.notices[0];
    expect(notice).toMatchObject({ kind: 'lost', numbers: ['10', '11', '12'] });
    expect(new Set(notice?.kind === 'lost' ? notice.nearest : []).size).toBe(3);
    expect(tab.live.reservation.get()).toBeNull();
  });

  it('names to each tap only its own number', async () => {
    const outcomes = ['10', '11'].map((label) => tab.live.pick(label));
    server.take('10', '11');
    await pass(300);
    expect(await outcomes[1]).toMatchObject({ params: { numbers: ['11'] } });
  });

  it('tells when a swap was lost, and gives nothing away', async () => {
    await done(tab.live.pick('01'));
    const outcome = tab.live.swap('01', '02');
    server.take('02');
    expect(codeOf(await done(outcome))).toBe('numbers_taken');
    expect(tab.held).toEqual(['01']);
    expect(tab.cell('01')).toBe(Cell.mine);
    expect(tab.notices).toMatchObject([{ kind: 'lost', numbers: ['02'] }]);
  });
});

describe('the other commands', () => {
  beforeEach(async () => {
    await done(Promise.all(['01', '02'].map((label) => tab.live.pick(label))));
  });

  it('lets one go: it shows as on its way at once', async () => {
    const outcome = tab.live.unpick('01');
    expect(tab.cell('01')).toBe(Cell.pending);
    await done(outcome);
    expect(tab.held).toEqual(['02']);
    expect(tab.cell('01')).toBe(Cell.available);
  });

  it('shows it as mine again when it could not be let go', async () => {
    server.refuse('wrong_phase', { phase: 'checkout' });
    expect(codeOf(await done(tab.live.unpick('01')))).toBe('wrong_phase');
    expect(tab.cell('01')).toBe(Cell.mine);
  });

  it('has no hold any more when the last one was let go', async () => {
    await done(tab.live.unpick('01'));
    expect(await done(tab.live.unpick('02'))).toEqual({ ok: true, reservation: null });
    expect(tab.live.reservation.get()).toBeNull();
    expect(tab.notices).toEqual([]);
  });

  it('lets chance add to what is held, and begin when nothing is', async () => {
    await done(tab.live.quickPick(2));
    expect(tab.held).toEqual(['01', '02', '98', '99']);
    await done(tab.live.cancel());
    await done(tab.live.quickPick(1, { ends_with: '9' }));
    expect(server.commands.at(-1)).toMatchObject({ count: 1, filter: { ends_with: '9' } });
    expect(tab.held).toEqual(['99']);
  });

  it('swaps one for another', async () => {
    await done(tab.live.swap('01', '09'));
    expect(tab.held).toEqual(['02', '09']);
    expect([tab.cell('01'), tab.cell('09')]).toEqual([Cell.available, Cell.mine]);
  });

  it('goes to the payment step: what is held shows as being paid', async () => {
    expect(codeOf(await done(tab.live.checkout()))).toBe('ok');
    expect(tab.live.reservation.get()?.phase).toBe('checkout');
    expect(tab.cell('01')).toBe(Cell.paying);
  });

  it('asks for more time once, however often it is tapped', async () => {
    const before = Date.parse(tab.live.reservation.get()?.expires_at ?? '');
    await done(Promise.all([tab.live.extend()]));
    const after = Date.parse(tab.live.reservation.get()?.expires_at ?? '');
    expect(after - before).toBe(300_000);
  });

  it('cancels without telling me what I did myself', async () => {
    expect(await done(tab.live.cancel())).toEqual({ ok: true, reservation: null });
    expect(tab.cell('01')).toBe(Cell.available);
    expect(tab.notices).toEqual([]);
  });

  it('has nothing to cancel, to pay or to extend without a hold', async () => {
    await done(tab.live.cancel());
    expect(await done(tab.live.cancel())).toEqual({ ok: true, reservation: null });
    expect(codeOf(await done(tab.live.checkout()))).toBe('not_found');
    expect(codeOf(await done(tab.live.extend()))).toBe('not_found');
  });
});

describe('when the server is busy', () => {
  it('repeats the same command until it is served', async () => {
    server.refuse('unavailable', { retry_after_ms: 200 });
    server.refuse('rate_limited', { retry_after_ms: 200 });
    expect(codeOf(await done(tab.live.pick('07'), 2_000))).toBe('ok');
    const ids = server.commands.map(({ reservation_id }) => reservation_id);
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
  });

  it('says so after a few attempts', async () => {
    for (let i = 0; i < 4; i++) server.refuse('unavailable', { retry_after_ms: 100 });
    expect(codeOf(await done(tab.live.pick('07'), 3_000))).toBe('unavailable');
    expect(tab.cell('07')).toBe(Cell.available);
  });

  it('gets another guest for one that the server does not know, once', async () => {
    server.refuse('unauthenticated');
    expect(codeOf(await done(tab.live.pick('07'), 2_000))).toBe('ok');
    expect(browser.identity.guests).toBe(1);
    expect(server.heldBy('guest-1')?.numbers).toEqual(['07']);
  });
});

describe('an answer that is lost', () => {
  it('is learned by asking what is mine: it had happened', async () => {
    const outcome = tab.live.pick('07');
    await pass(30);
    expect(server.commands).toHaveLength(1);
    server.closeAll(1006);
    expect(codeOf(await done(outcome, 2_000))).toBe('ok');
    expect(tab.held).toEqual(['07']);
    expect(server.commands).toHaveLength(1);
  });

  it('is unknown when the command never arrived, and the command is not sent again', async () => {
    const outcome = tab.live.pick('07');
    await pass(1);
    server.closeAll(1006);
    expect(codeOf(await done(outcome, 3_000))).toBe('timeout');
    await tab.untilLive();
    await pass(10_000);
    expect(server.commands).toEqual([]);
    expect(tab.cell('07')).toBe(Cell.available);
  });

  it('is asked for when the server says nothing for eight seconds', async () => {
    server.isMute = true;
    const outcome = tab.live.pick('07');
    await pass(REPLY_MS - 100);
    expect(tab.cell('07')).toBe(Cell.pending);
    server.isMute = false;
    expect(codeOf(await done(outcome, 3_000))).toBe('ok');
  });

  it('does not keep a person waiting for ever', async () => {
    const outcome = tab.live.pick('07');
    await pass(30);
    server.isUp = false;
    server.closeAll(1006);
    expect(codeOf(await done(outcome, TRUTH_MS + 1_000))).toBe('timeout');
    expect(tab.cell('07')).not.toBe(Cell.pending);
  });

  it('asks for the same hold again, so that there are never two', async () => {
    server.refuse('unavailable');
    for (let i = 0; i < 3; i++) server.refuse('unavailable', { retry_after_ms: 1 });
    expect(codeOf(await done(tab.live.pick('07'), 5_000))).toBe('unavailable');
    expect(codeOf(await done(tab.live.pick('08'), 1_000))).toBe('ok');
    const ids = server.commands.map(({ reservation_id }) => reservation_id);
    expect(new Set(ids).size).toBe(1);
  });

  it('adds what is missing when the first attempt had made the hold after all', async () => {
    const outcome = tab.live.pick('07');
    await pass(30);
    const [hold] = [...server.holds.values()];
    server.isUp = false;
    server.closeAll(1006);
    await done(outcome, TRUTH_MS + 1_000);
    server.isUp = true;
    tab.live.reconnectNow();
    await tab.untilLive(40_000);
    await done(tab.live.pick('08'));
    expect(server.heldBy('ana')).toMatchObject({ id: hold?.id, numbers: ['07', '08'] });
  });
});

describe('while the truth is unknown', () => {
  it('refuses at once, and sends nothing later', async () => {
    server.isUp = false;
    server.closeAll(1006);
    await pass(50);
    expect(codeOf(await tab.live.pick('07'))).toBe('offline');
    expect(codeOf(await tab.live.quickPick(1))).toBe('offline');
    expect(codeOf(await tab.live.cancel())).toBe('offline');
    expect((await tab.live.recover()).outcome).toMatchObject({ code: 'offline' });
    expect(tab.cell('07')).toBe(Cell.available);
    server.isUp = true;
    await tab.untilLive(60_000);
    await pass(5_000);
    expect(server.commands).toEqual([]);
  });

  it('does not send what still waited for its turn', async () => {
    const first = tab.live.pick('01');
    const second = tab.live.quickPick(1);
    await pass(30);
    server.isUp = false;
    server.closeAll(1006);
    await pass(TRUTH_MS + 1_000);
    expect(codeOf(await first)).toBe('timeout');
    expect(codeOf(await second)).toBe('offline');
    server.isUp = true;
    await tab.untilLive(60_000);
    expect(sent()).toEqual(['reserve']);
  });
});

it('does not send what waited for its turn while something is missing on the board', async () => {
  const first = tab.live.pick('01');
  const second = tab.live.quickPick(1);
  server.changeSilently('60');
  server.take('61');
  await pass(500);
  expect([codeOf(await first), codeOf(await second)]).toEqual(['ok', 'offline']);
  expect(sent()).toEqual(['reserve']);
});

describe('what others do', () => {
  it('shows on the board and is not told', async () => {
    server.take('33');
    await pass(50);
    expect(tab.cell('33')).toBe(Cell.reserved);
    expect(tab.notices).toEqual([]);
  });

  it('shows what the same person holds on another device as mine, and tells it', async () => {
    server.act('ana', { type: 'reserve', reservation_id: 'phone', numbers: ['50', '51'] });
    await pass(100);
    expect(tab.held).toEqual(['50', '51']);
    expect(tab.cell('50')).toBe(Cell.mine);
    expect(tab.notices).toMatchObject([{ kind: 'changed', reservation: { id: 'phone' } }]);
  });

  it('adds to a hold that was made on another device a moment ago', async () => {
    const outcome = tab.live.pick('01');
    server.act('ana', { type: 'reserve', reservation_id: 'phone', numbers: ['50'] });
    expect(codeOf(await done(outcome, 1_000))).toBe('ok');
    expect(server.heldBy('ana')).toMatchObject({ id: 'phone', numbers: ['50', '01'] });
  });

  it('tells when it was cancelled on another device', async () => {
    server.act('ana', { type: 'reserve', reservation_id: 'phone', numbers: ['50'] });
    await pass(100);
    server.act('ana', { type: 'cancel', reservation_id: 'phone' });
    await pass(100);
    expect(tab.live.reservation.get()).toBeNull();
    expect(tab.notices.map(({ kind }) => kind)).toEqual(['changed', 'cancelled']);
  });

  it('does not let an old message undo a newer one', async () => {
    await done(tab.live.pick('01'));
    const old = server.reservation(server.heldBy('ana')?.id as string);
    await pass(1_000);
    await done(tab.live.pick('02'));
    const text = JSON.stringify({ type: 'reservation', reservation: old, reason: 'created' });
    server.sockets.at(-1)?.message(text);
    expect(tab.held).toEqual(['01', '02']);
    await done(tab.live.cancel());
    server.sockets.at(-1)?.message(text);
    expect(tab.live.reservation.get()).toBeNull();
  });
});

describe('time', () => {
  beforeEach(async () => {
    await done(Promise.all(['01', '02', '03'].map((label) => tab.live.pick(label))));
  });

  const expire = async () => {
    server.end(server.heldBy('ana')?.id as string, 'expired');
    await pass(100);
  };

  it('only the server ends a hold', async () => {
    await pass(601_000);
    expect(tab.held).toEqual(['01', '02', '03']);
    await expire();
    expect(tab.live.reservation.get()).toBeNull();
    expect(tab.live.expired.get()?.number_ids).toEqual(['01', '02', '03']);
    expect(tab.notices.map(({ kind }) => kind)).toEqual(['expired']);
    expect(tab.cell('01')).toBe(Cell.available);
  });

  it('asks when the time is over and nothing is heard', async () => {
    const { id } = tab.live.reservation.get() ?? { id: '' };
    server.isMute = true;
    server.end(id, 'expired');
    await pass(1_000);
    server.isMute = false;
    expect(tab.held).toHaveLength(3);
    await pass(605_000);
    expect(tab.live.expired.get()?.id).toBe(id);
  });

  it('learns from a refusal that the time is over', async () => {
    const { id } = tab.live.reservation.get() ?? { id: '' };
    Object.assign(server.holds.get(id) ?? {}, { phase: 'expired' });
    expect(codeOf(await done(tab.live.pick('04')))).toBe('reservation_expired');
    expect(tab.live.reservation.get()).toBeNull();
    expect(tab.live.expired.get()?.id).toBe(id);
  });

  it('takes everything back with one command when all is free', async () => {
    await expire();
    const { regained, gone, outcome } = await done(tab.live.recover());
    expect([regained, gone, codeOf(outcome)]).toEqual([['01', '02', '03'], [], 'ok']);
    expect(tab.held).toEqual(['01', '02', '03']);
    expect(tab.live.expired.get()).toBeNull();
    expect(sent().slice(-1)).toEqual(['reserve']);
  });

  it('takes everything back at once, although the board has not heard that it is free', async () => {
    const recoveries: Promise<Recovery>[] = [];
    tab.live.onNotice(({ kind }) => {
      if (kind !== 'expired') return;
      expect(tab.cell('01')).toBe(Cell.reserved);
      recoveries.push(tab.live.recover());
    });
    await expire();
    await pass(200);
    expect((await recoveries[0])?.regained).toEqual(['01', '02', '03']);
  });

  it('takes back what is free, and proposes the nearest for the rest', async () => {
    await expire();
    server.take('02');
    await pass(50);
    const recovery = await done(tab.live.recover());
    expect(recovery).toMatchObject({ regained: ['01', '03'], gone: ['02'], proposed: ['04'] });
    expect(tab.held).toEqual(['01', '03']);
  });

  it('loses a race while taking back, and takes the rest', async () => {
    await expire();
    const recovering = tab.live.recover();
    server.take('03');
    const recovery = await done(recovering, 1_000);
    expect(recovery).toMatchObject({ regained: ['01', '02'], gone: ['03'], proposed: ['04'] });
  });

  it('says that all are gone, and can still be told to forget', async () => {
    await expire();
    server.take('01', '02', '03');
    await pass(50);
    const recovery = await done(tab.live.recover());
    expect(recovery).toMatchObject({ regained: [], gone: ['01', '02', '03'] });
    expect(recovery.proposed).toEqual(['00', '04', '05']);
    expect(codeOf(recovery.outcome)).toBe('numbers_taken');
    expect(tab.live.expired.get()).not.toBeNull();
    tab.live.forgetExpired();
    expect(tab.live.expired.get()).toBeNull();
  });
});

describe('coming back', () => {
  it('has the same board, and the hold that the server knows', async () => {
    await done(tab.live.pick('01'));
    const board = tab.live.board.get();
    server.closeAll(1012, '{"retry_after_ms":500}');
    server.take('90');
    server.act('ana', {
      type: 'add',
      reservation_id: tab.live.reservation.get()?.id ?? '',
      numbers: ['91'],
    });
    await tab.untilLive();
    expect(tab.live.board.get()).toBe(board);
    expect(tab.cell('90')).toBe(Cell.reserved);
    expect(tab.held).toEqual(['01', '91']);
    expect(tab.cell('91')).toBe(Cell.mine);
  });

  it('learns how a hold ended that is not mine any more', async () => {
    await done(tab.live.pick('01'));
    const { id } = tab.live.reservation.get() ?? { id: '' };
    server.closeAll(1006);
    server.end(id, 'expired');
    await tab.untilLive();
    await pass(10);
    expect(tab.live.reservation.get()).toBeNull();
    expect(tab.live.expired.get()?.id).toBe(id);
    expect(tab.notices.map(({ kind }) => kind)).toEqual(['expired']);
  });

  it('shows what I bought as mine for good', async () => {
    await done(tab.live.pick('01'));
    server.end(tab.live.reservation.get()?.id ?? '', 'completed');
    await pass(100);
    expect(tab.cell('01')).toBe(Cell.bought);
    expect(tab.notices.map(({ kind }) => kind)).toEqual(['completed']);
    const later = await browser.tab().untilLive();
    await pass(10);
    expect(later.cell('01')).toBe(Cell.bought);
    later.live.close();
  });

  it('shows nothing of one person to the next', async () => {
    await done(tab.live.pick('01'));
    browser.identity.become('beto');
    await pass(500);
    expect(tab.live.reservation.get()).toBeNull();
    expect(tab.cell('01')).toBe(Cell.reserved);
  });

  it('fills a gap by asking for what is missing', async () => {
    server.changeSilently('60');
    server.take('61');
    await pass(30);
    expect(tab.state).toBe('syncing');
    await tab.untilLive();
    expect(server.sockets).toHaveLength(1);
    expect([tab.cell('60'), tab.cell('61')]).toEqual([Cell.reserved, Cell.reserved]);
  });
});

describe('leaving', () => {
  it('leaves no timer, no listener and no socket behind', async () => {
    await done(tab.live.pick('01'));
    server.take('02');
    tab.live.close();
    await pass(20_000);
    expect(vi.getTimerCount()).toBe(0);
    expect(tab.page.listeners).toBe(0);
    expect(server.openSockets).toEqual([]);
    expect(codeOf(await tab.live.pick('05'))).toBe('offline');
  });
});
