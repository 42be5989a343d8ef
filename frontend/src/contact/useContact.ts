import { useCallback, useEffect, useState } from 'react';
import { ApiError } from '../sdk/errors';
import { useValue } from '../sdk/hooks/useValue';
import { api } from '../sdk/http';
import { identity } from '../sdk/identity';
import type { Contact } from '../sdk/types';

/** What was learned, and about whom. It is personal, so it is only ever in memory. */
let learned: { userId: string; contact: Contact } | null = null;

/**
 * What the server knows about how this person can be reached: undefined while it is asked, null for
 * nothing. `keep` tells what it has just been told.
 */
export function useContact(): {
  contact: Contact | null | undefined;
  keep: (contact: Contact) => void;
} {
  const userId = useValue(identity)?.userId;
  const [contact, setContact] = useState<Contact | null | undefined>(() => known(userId));

  const keep = useCallback(
    (next: Contact) => {
      if (userId) learned = { userId, contact: next };
      setContact(next);
    },
    [userId],
  );

  useEffect(() => {
    setContact(userId ? known(userId) : null);
    if (!userId || known(userId)) return;
    let here = true;
    ask().then(
      (found) => {
        if (found) learned = { userId, contact: found };
        if (here) setContact(found);
      },
      (error: unknown) => {
        // Not known: the person is asked, as if it were the first time.
        if (!(error instanceof ApiError)) throw error;
        if (here) setContact(null);
      },
    );
    return () => {
      here = false;
    };
  }, [userId]);

  return { contact, keep };
}

function known(userId: string | undefined): Contact | undefined {
  return learned?.userId === userId ? learned?.contact : undefined;
}

async function ask(): Promise<Contact | null> {
  const { contact } = await identity.asPerson((asking) => api.GET('/api/v1/me/contact', asking));
  if (!contact?.name || !contact.phone) return null;
  return { name: contact.name, phone: contact.phone, email: contact.email };
}
