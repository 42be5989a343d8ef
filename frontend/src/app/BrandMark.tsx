/** Four numbers of a board, and one of them is yours. */
export function BrandMark({ size = 30 }: { size?: number }) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 32 32">
      <rect width="32" height="32" rx="9" fill="var(--brand)" />
      <g fill="var(--brand-ink)">
        <rect x="7" y="7" width="8" height="8" rx="2.4" opacity=".45" />
        <rect x="17" y="7" width="8" height="8" rx="2.4" opacity=".45" />
        <rect x="7" y="17" width="8" height="8" rx="2.4" opacity=".45" />
      </g>
      <rect x="16.5" y="16.5" width="10" height="10" rx="3" fill="var(--cell-held)" />
      <path
        d="M19.3 21.6l1.6 1.7 3-3.4"
        fill="none"
        stroke="var(--cell-held-ink)"
        strokeWidth="1.7"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
