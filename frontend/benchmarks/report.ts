import { writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter';
import { FIGURE, type Figure, isMet, median } from './figures';

/** Prints the figures as a table, writes them as JSON, and fails the run when a goal is missed. */
export default class Report implements Reporter {
  readonly #json: string;
  readonly #figures: Figure[] = [];
  #broken = false;

  constructor(options: { json: string }) {
    this.#json = options.json;
  }

  onTestBegin(test: TestCase): void {
    process.stderr.write(`${test.title}…\n`);
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    for (const { name, body } of result.attachments) {
      if (name === FIGURE && body) this.#figures.push(JSON.parse(body.toString()) as Figure);
    }
    if (result.status === 'passed') return;
    this.#broken = true;
    process.stderr.write(`${test.title}: ${result.error?.stack ?? result.status}\n`);
  }

  onStdOut(chunk: string | Buffer): void {
    process.stderr.write(chunk);
  }

  onError(error: { message?: string }): void {
    process.stderr.write(`${error.message}\n`);
  }

  async onEnd(): Promise<{ status: FullResult['status'] }> {
    process.stdout.write(`${table(this.#figures)}\n`);
    const machine = { cpu: cpus()[0]?.model, cores: cpus().length, os: `${platform()} ${arch()}` };
    const measured = { at: new Date().toISOString(), machine, figures: this.#figures };
    writeFileSync(this.#json, `${JSON.stringify(measured, null, 2)}\n`);
    const missed = this.#broken || !this.#figures.every(isMet);
    return { status: missed ? 'failed' : 'passed' };
  }
}

function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const print = (value: number) => value.toFixed(figure.digits);
    const [low, high] = [Math.min(...figure.rounds), Math.max(...figure.rounds)];
    const range = figure.rounds.length > 1 ? ` (${print(low)} to ${print(high)})` : '';
    const goal = figure.goal;
    return [
      figure.name,
      `**${print(median(figure.rounds))} ${figure.unit}**${range}`,
      figure.baseline === undefined ? '' : `${print(figure.baseline)} ${figure.unit}`,
      goal ? ('atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`) : '',
      goal ? (isMet(figure) ? 'met' : 'missed') : '',
    ];
  });
  const head = ['Figure', 'Median (rounds)', 'Baseline', 'Goal', ''];
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
