import type { MethodSetting, MethodSwitch } from '../../../sdk/services/deskService';

const STEP = 10;

/** What is set there; where nothing is, what counts without. */
export function settingOf(word: MethodSwitch['here']): MethodSetting {
  if (!word) return { enabled: true, priority: 0, settings: {} };
  return { enabled: word.enabled, priority: word.priority, settings: word.settings };
}

/** What to set in the raffle so that the method at `from` comes to stand at `to`. */
export function moved(
  methods: readonly MethodSwitch[],
  from: number,
  to: number,
): { provider: string; setting: MethodSetting }[] {
  const order = [...methods];
  const [taken] = order.splice(from, 1);
  if (!taken || to < 0 || to >= methods.length) return [];
  order.splice(to, 0, taken);
  return order
    .map((method, place) => ({ method, priority: (order.length - place) * STEP }))
    .filter(({ method, priority }) => method.priority !== priority)
    .map(({ method, priority }) => ({
      provider: method.provider,
      setting: { ...settingOf(method.here), priority },
    }));
}
