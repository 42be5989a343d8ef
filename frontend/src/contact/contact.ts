import type { Contact } from '../sdk/types';

export interface ContactDraft {
  name: string;
  phone: string;
  email: string;
}

export type ContactField = keyof ContactDraft;

const HOME_CODE = '506';
const HOME_DIGITS = 8;

/**
 * Sees what is plainly wrong before it travels; the server has the last word, and names the field
 * in the same way. Answers the contact, or the fields that need mending.
 */
export function checkContact(draft: ContactDraft): Contact | ContactField[] {
  const name = draft.name.trim().replace(/\s+/g, ' ');
  const phone = normalPhone(draft.phone);
  const email = draft.email.trim();
  const wrong: ContactField[] = [];
  if (name.length < 2 || name.length > 120) wrong.push('name');
  if (phone === null) wrong.push('phone');
  if (email !== '' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) wrong.push('email');
  if (wrong.length > 0 || phone === null) return wrong;
  return { name, phone, email: email === '' ? null : email };
}

/** A phone number in E.164; without a country's code it is one of Costa Rica. Null for none. */
export function normalPhone(text: string): string | null {
  const typed = text.trim();
  if (!/^(\+|00)?[\d\s().-]+$/.test(typed)) return null;
  const international = typed.startsWith('+') || typed.startsWith('00');
  const digits = typed.replace(/\D/g, '').replace(typed.startsWith('00') ? /^00/ : /^$/, '');
  if (!international && digits.length === HOME_DIGITS) return home(digits);
  if (digits.startsWith(HOME_CODE) && digits.length === HOME_CODE.length + HOME_DIGITS) {
    return home(digits.slice(HOME_CODE.length));
  }
  if (!international || digits.startsWith(HOME_CODE)) return null;
  return digits.length >= 8 && digits.length <= 15 && !digits.startsWith('0') ? `+${digits}` : null;
}

function home(digits: string): string | null {
  return /^[24-8]/.test(digits) ? `+${HOME_CODE}${digits}` : null;
}

/** A phone number for the eye: "+506 8888 7777". */
export function spacedPhone(phone: string): string {
  const found = /^\+506(\d{4})(\d{4})$/.exec(phone);
  return found ? `+506 ${found[1]} ${found[2]}` : phone;
}
