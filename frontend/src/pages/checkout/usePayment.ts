import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError } from '../../sdk/errors';
import { pageEvents } from '../../sdk/pageEvents';
import { forgetIntent, intentKey } from '../../sdk/paymentIntents';
import { isUnknownOutcome } from '../../sdk/services/asking';
import { paymentService } from '../../sdk/services/paymentService';
import type { ErrorCode, LiveRaffle, Payment, Reservation } from '../../sdk/types';
import { attemptOf, isOver, paceOf } from './attempts';

export interface Refusal {
  code: ErrorCode;
  params: Record<string, unknown>;
  /** Nobody knows what came of it: doing it again is safe, and is how to learn. */
  unknown: boolean;
}

export interface Paying {
  /** All attempts to pay the reservation, the latest first; null while nothing is known. */
  payments: readonly Payment[] | null;
  /** The attempt that is under way, wherever it was begun. */
  attempt: Payment | null;
  /** Why nothing is known. */
  failure: ErrorCode | null;
  busy: boolean;
  /** Why the last thing that was asked for was refused. */
  refusal: Refusal | null;
  /** Whether `attempt` was given up, and its provider has not confirmed that yet. */
  leaving: boolean;
  /** Begins an attempt. Nothing is begun twice, whatever is clicked, lost or reloaded. */
  pay(provider: string, options: Record<string, string>): Promise<void>;
  /** Gives the attempt up, to pay in another way. */
  leave(): Promise<void>;
  /** Asks the server how things stand. */
  refresh(): void;
}

interface Known {
  payments: readonly Payment[] | null;
  failure: ErrorCode | null;
}

/**
 * The money of one reservation, as the server tells it. It asks at once, whenever something is pushed
 * about it, and again and again while something is open and the page is seen.
 */
export function usePayment(live: LiveRaffle, reservation: Reservation): Paying {
  const [known, setKnown] = useState<Known>({ payments: null, failure: null });
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [left, setLeft] = useState<string | null>(null);
  /** The latest question; answers to older ones are not taken. */
  const asked = useRef(0);
  const isBusy = useRef(false);
  const { id, payment_id, phase } = reservation;

  const refresh = useCallback(async () => {
    const turn = ++asked.current;
    try {
      const payments = await paymentService.of(id);
      if (turn === asked.current) setKnown({ payments, failure: null });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (turn === asked.current) {
        setKnown((before) => ({ payments: before.payments, failure: error.code }));
      }
    }
  }, [id]);

  /** Takes what an answer says of one payment. */
  function learn(payment: Payment): void {
    asked.current++;
    setKnown(({ payments }) => {
      const before = payments ?? [];
      const isNew = before.every((each) => each.id !== payment.id);
      const after = isNew
        ? [payment, ...before]
        : before.map((each) => (each.id === payment.id ? payment : each));
      return { payments: after, failure: null };
    });
  }

  // What the reservation says of its payment is a reason to ask.
  useEffect(() => {
    void refresh();
  }, [refresh, payment_id, phase]);

  useEffect(
    () =>
      live.onNotice((notice) => {
        const isOurs = 'reservation' in notice && notice.reservation.id === id;
        if (notice.kind === 'payment' || isOurs) void refresh();
      }),
    [live, id, refresh],
  );

  useEffect(() => {
    const pace = paceOf(known.payments);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = () => {
      clearTimeout(timer);
      if (pace !== null && !pageEvents.hidden) timer = setTimeout(() => void refresh(), pace);
    };
    wait();
    const leave = pageEvents.subscribe((event) => {
      if (event === 'visible') void refresh();
      if (event === 'hidden') wait();
    });
    return () => {
      leave();
      clearTimeout(timer);
    };
  }, [known, refresh]);

  useEffect(
    () => () => {
      asked.current++;
    },
    [],
  );

  async function act(ask: () => Promise<Payment>): Promise<void> {
    if (isBusy.current) return;
    isBusy.current = true;
    setBusy(true);
    setRefusal(null);
    try {
      learn(await ask());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { code, params } = error;
      setRefusal({ code, params, unknown: isUnknownOutcome(error) });
      void refresh();
    } finally {
      isBusy.current = false;
      setBusy(false);
    }
  }

  async function begin(provider: string, options: Record<string, string>): Promise<Payment> {
    try {
      const payment = await paymentService.pay(id, provider, options, intentKey(id, provider));
      forgetIntent(id);
      return payment;
    } catch (error) {
      if (!isUnknownOutcome(error)) forgetIntent(id);
      throw error;
    }
  }

  const attempt = attemptOf(reservation, known.payments ?? []);

  return {
    ...known,
    attempt,
    busy,
    refusal,
    leaving: attempt !== null && attempt.id === left,
    pay: (provider, options) => {
      const before = known.payments?.map((each) => each.id) ?? [];
      return act(async () => {
        const payment = await begin(provider, options);
        // A key from before a reload led to an attempt that had ended: this click is another one.
        const isOld = isOver(payment) && before.includes(payment.id);
        return isOld ? begin(provider, options) : payment;
      });
    },
    leave: () =>
      act(async () => {
        const { id: attemptId } = attempt as Payment;
        const payment = await paymentService.cancel(attemptId);
        setLeft(attemptId);
        return payment;
      }),
    refresh: () => void refresh(),
  };
}
