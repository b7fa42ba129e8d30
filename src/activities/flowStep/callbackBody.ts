/** The body of the one answer to a flow step's call: every person of the call, once. */
import { answerFor } from '../../core/flowStep';
import type { PersonResult } from '../../store/flowStepAnswer';

/** JSON text. Written by hand where JavaScript's numbers end: person ids are 64-bit, and `JSON.stringify` would round them. */
export function callbackBody(munchkinId: string, people: readonly PersonResult[]): string {
  const objectData = people.map((person) => {
    const { fields, activity } = answerFor(person);
    const members = [`"id":${person.marketoId}`, ...Object.entries(fields).map(([name, value]) => member(name, value))];
    return `{"leadData":{${members.join(',')}},"activityData":${JSON.stringify(activity)}}`;
  });
  return `{${member('munchkinId', munchkinId)},"objectData":[${objectData.join(',')}]}`;
}

function member(name: string, value: string): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
}
