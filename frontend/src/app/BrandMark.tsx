/** A ticket, and on it a ball with a number: the same drawing as on a home screen. */
export function BrandMark({ size = 36 }: { size?: number }) {
  return <img src="/icon.svg" alt="" width={size} height={size} />;
}
