/** The options of a choice, flag, state or status, each kind in the form of its own. */
import { guidOf } from './ids';
import { labelOf } from './labels';
import type { Column, Option } from './model';

export function optionSetOf(column: Column): object {
  const head = {
    MetadataId: guidOf('optionset', column.table, column.name),
    HasChanged: null,
    Name: `${column.table}_${column.name}`,
    IsGlobal: false,
    IsManaged: true,
    IsCustomOptionSet: false,
    OptionSetType: column.type === 'Boolean' ? 'Boolean' : column.type,
    DisplayName: labelOf(column.label),
    Description: labelOf(''),
  };
  if (column.type === 'Boolean') {
    const option = (value: number): object | null => {
      const found = column.options.find((one) => one.value === value);
      return found === undefined ? null : plainOption(found);
    };
    return { ...head, TrueOption: option(1), FalseOption: option(0) };
  }
  return { ...head, Options: column.options.map((option) => optionOf(option, column)) };
}

const plainOption = ({ value, label }: Option): Record<string, unknown> => ({
  Value: value,
  Label: labelOf(label),
  Description: labelOf(''),
  Color: null,
  IsManaged: true,
  ExternalValue: null,
});

function optionOf(option: Option, column: Column): object {
  const plain = plainOption(option);
  if (column.type === 'Status')
    return { '@odata.type': '#Microsoft.Dynamics.CRM.StatusOptionMetadata', ...plain, State: option.state };
  if (column.type !== 'State') return plain;
  return {
    '@odata.type': '#Microsoft.Dynamics.CRM.StateOptionMetadata',
    ...plain,
    DefaultStatus: option.defaultStatus ?? null,
    InvariantName: option.label,
  };
}
