/** What `mdsync setup` has made. */
import type { Colors } from '../../embedded/progress';
import type { SetUpAnswer } from '../../gateway/setUp';
import { count } from '../words';

export function setUpText({ createdFields, preparedTypes }: SetUpAnswer, colors: Colors): string {
  if (createdFields.length === 0 && preparedTypes.length === 0) {
    return colors.green('Marketo is prepared: everything the sync needs was there already.');
  }
  return [
    colors.green('Marketo is prepared.'),
    ...list(`${count(createdFields.length, 'field')} created`, createdFields),
    ...list(`${count(preparedTypes.length, 'activity type')} created, completed or approved`, preparedTypes),
    'The next cycle uses them. How it stands: mdsync status',
  ].join('\n');
}

function list(title: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`  ${title}: ${names.join(', ')}`];
}
