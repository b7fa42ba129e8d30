import { InvalidArgumentError } from 'commander';

/** The value of an option that takes seconds. */
export function seconds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('Write a whole number of seconds, such as 60.');
  return Number(text);
}
