/** `mdsync mapping` */
import { Command } from 'commander';
import { mappingJsonSchema } from '../config/mapping';

export function mappingCommand(): Command {
  const mapping = new Command('mapping').summary('about mapping.yaml').description('What helps with writing mapping.yaml.');
  const schema = new Command('schema')
    .description('Prints the JSON Schema of mapping.yaml, with which editors complete and check it.')
    .addHelpText('after', EXAMPLES)
    .action(() => void process.stdout.write(mappingSchemaText()));
  mapping.addCommand(schema.copyInheritedSettings(mapping));
  return mapping;
}

/** As it is published in `docs/mapping.schema.json`. */
export function mappingSchemaText(): string {
  return `${JSON.stringify(mappingJsonSchema(), undefined, 2)}\n`;
}

const EXAMPLES = `
At the top of mapping.yaml, for editors with the YAML language server:
  # yaml-language-server: $schema=./mapping.schema.json

Examples:
  $ mdsync mapping schema > mapping.schema.json`;
