import { t } from '@lingui/core/macro';

export interface CaseText {
  title: string;
  /** What happened, and what there is to decide. */
  meaning: string;
  /** What the button says that sends the money back, or says that it was sent; null for none. */
  giveBack: string | null;
}

/** A kind of case in words; one from a newer server gets general ones. */
export function caseText(kind: string): CaseText {
  const giveBack = t`Devolver el dinero`;
  switch (kind) {
    case 'overpaid':
      return {
        title: t`Llegó de más`,
        meaning: t`No se vendió nada. Devuelva el dinero, o anote lo que acordó con quien compró.`,
        giveBack,
      };
    case 'underpaid':
      return {
        title: t`Llegó de menos`,
        meaning: t`No se vendió nada. Devuelva el dinero, o anote lo que acordó con quien compró.`,
        giveBack,
      };
    case 'wrong_currency':
      return {
        title: t`Llegó en otra moneda`,
        meaning: t`No se vendió nada. Devuelva el dinero, o anote lo que acordó con quien compró.`,
        giveBack,
      };
    case 'stuck':
      return {
        title: t`Un paso del pago no avanza`,
        meaning: t`Seguimos intentando. Si ya no tiene sentido esperar, devuelva el dinero.`,
        giveBack,
      };
    case 'refund_failed':
      return {
        title: t`Hay que devolver dinero a mano`,
        meaning: t`Este dinero solo lo puede devolver usted, por ejemplo por SINPE. Márquelo cuando lo haya enviado.`,
        giveBack: t`Ya lo devolví`,
      };
    case 'paid_twice':
      return {
        title: t`Pagado dos veces`,
        meaning: t`El segundo pago se devuelve solo. Revise que la devolución haya llegado y cierre el caso.`,
        giveBack: null,
      };
    case 'unknown_reference':
      return {
        title: t`Dinero sin dueño conocido`,
        meaning: t`No sabemos de qué compra es. Si es de un pago por revisar, apruebe ese pago con este comprobante; si no, devuelva el dinero y anótelo aquí.`,
        giveBack: null,
      };
    case 'disputed':
      return {
        title: t`El banco retiró el dinero`,
        meaning: t`Quien compró reclamó el pago a su banco. Los números siguen vendidos: decida con el proveedor de pago qué hacer.`,
        giveBack: null,
      };
    default:
      return {
        title: t`Dinero por revisar`,
        meaning: t`Algo no cuadra con este pago. Revíselo y anote lo que se decidió.`,
        giveBack: null,
      };
  }
}

/** Who answers for a case. */
export function ownerText(owner: string): string {
  if (owner === 'organizer') return t`quien organiza`;
  return owner === 'admin' ? t`la administración` : owner;
}
