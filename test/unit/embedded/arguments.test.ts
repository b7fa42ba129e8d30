import { describe, expect, test } from '@jest/globals';
import { command, readArguments } from '../../../src/embedded/arguments';

describe('npm start --', () => {
  test.each([
    [[], {}],
    [['--traffic'], { trafficPerMinute: 30 }],
    [['--traffic', '200'], { trafficPerMinute: 200 }],
    [['--traffic=1'], { trafficPerMinute: 1 }],
  ])('%j is %j', (words, expected) => {
    expect(readArguments(words)).toEqual(expected);
  });

  test.each([
    [['--traffic', '0'], 'from 1 to 600'],
    [['--traffic', 'much'], 'from 1 to 600'],
    [['--trafic'], 'Did you mean --traffic?'],
    [['now'], 'too many arguments'],
  ])('%j ends with one message', (words, message) => {
    let said = '';
    const quiet = command()
      .exitOverride()
      .configureOutput({ writeErr: (text) => (said += text) });
    expect(() => quiet.parse(words, { from: 'user' })).toThrow();
    expect(said).toContain(message);
  });

  test('--help teaches: what runs, where to look, what to do next, how to begin anew', () => {
    let said = '';
    const quiet = command()
      .exitOverride()
      .configureOutput({ writeOut: (text) => (said += text) });
    expect(() => quiet.parse(['--help'], { from: 'user' })).toThrow();
    for (const word of [
      '--traffic',
      'Ctrl-C',
      ':8233',
      ':3300',
      'marketing-client',
      'sales-app',
      'mdsync status',
      'demo:campaign',
      'delete',
    ])
      expect(said).toContain(word);
  });
});
