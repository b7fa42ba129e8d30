/** `$metadata`: the OData model as XML, for clients that generate code from it. */
import { edmOf } from '../query/compare';
import { TABLES_WITH_BULK_MESSAGES } from '../furnish';
import { operationImports, operationTypes } from './csdlOperations';
import { type Column, isLookup, type Model, propertyOf, type Table } from './model';

const NAMESPACE = 'Microsoft.Dynamics.CRM';
/** Of the terms that are used in annotations. */
const VOCABULARIES = [
  { namespace: 'Org.OData.Core.V1', alias: 'Core' },
  { namespace: 'OData.Community.Keys.V1', alias: 'Keys' },
];

const reference = ({ namespace, alias }: (typeof VOCABULARIES)[number]): string =>
  `<edmx:Reference Uri="http://vocabularies.odata.org/${namespace}.xml"><edmx:Include Namespace="${namespace}" Alias="${alias}" /></edmx:Reference>`;

let made: string | undefined;

export function csdlOf(model: Model): string {
  made ??= write(model);
  return made;
}

function write({ tables }: Model): string {
  const all = [...tables.values()];
  return `<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
${VOCABULARIES.map(reference).join('\n')}
<edmx:DataServices>
<Schema Namespace="${NAMESPACE}" Alias="mscrm" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EntityType Name="crmbaseentity" Abstract="true" />
<EntityType Name="principal" BaseType="mscrm.crmbaseentity"><Key><PropertyRef Name="ownerid" /></Key><Property Name="ownerid" Type="Edm.Guid" Nullable="false" /></EntityType>
${all.map((table) => entityType(table, tables)).join('\n')}
${operationTypes(all.filter(({ name }) => TABLES_WITH_BULK_MESSAGES.includes(name)))}
<EntityContainer Name="System">
${all.map((table) => entitySet(table, tables)).join('\n')}
${operationImports(NAMESPACE)}
</EntityContainer>
</Schema>
</edmx:DataServices>
</edmx:Edmx>
`;
}

function entityType(table: Table, tables: Model['tables']): string {
  const lines = [
    `<EntityType Name="${table.name}" BaseType="mscrm.crmbaseentity">`,
    `<Key><PropertyRef Name="${table.primaryId}" /></Key>`,
    ...[...table.properties.values()].map((column) => property(column, table)),
    ...lookupsOf(table, tables).map(({ name, column, target }) => {
      const constraint = `<ReferentialConstraint Property="_${column.name}_value" ReferencedProperty="${target === 'principal' ? 'ownerid' : `${target}id`}" />`;
      const partner = target === 'principal' ? '' : partnerOf(column, target);
      return `<NavigationProperty Name="${name}" Type="mscrm.${target}"${partner}>${constraint}</NavigationProperty>`;
    }),
    ...collectionsOf(table).map(
      ({ name, table: other, partner }) =>
        `<NavigationProperty Name="${name}" Type="Collection(mscrm.${other})" Partner="${partner}" />`,
    ),
    ...table.keys.map(({ name, columns }) => alternateKey(name, columns)),
    '</EntityType>',
  ];
  return lines.join('\n');
}

/** Clients that send whole rows leave out what is marked as computed. */
function property(column: Column, table: Table): string {
  const isKey = column.name === table.primaryId;
  const { create, update } = column.validFor;
  const isComputed = isLookup(column) || (!create && !update);
  const head = `<Property Name="${propertyOf(column)}" Type="${edmOf(column)}"${isKey ? ' Nullable="false"' : ''}${column.type === 'String' ? ' Unicode="false"' : ''}`;
  return isComputed ? `${head}><Annotation Term="Org.OData.Core.V1.Computed" Bool="true" /></Property>` : `${head} />`;
}

interface LookupProperty {
  readonly name: string;
  readonly column: Column;
  readonly target: string;
}

/** Lookups to tables that the sandbox has. An owner is a principal: a user or a team. */
function lookupsOf(table: Table, tables: Model['tables']): LookupProperty[] {
  return [...table.navigations.values()].flatMap(({ name, column, targets }) => {
    const target = targets.length > 1 ? 'principal' : (targets[0]?.table ?? '');
    return target === 'principal' || tables.has(target) ? [{ name, column, target }] : [];
  });
}

function collectionsOf(table: Table): { readonly name: string; readonly table: string; readonly partner: string }[] {
  return [...table.collections.values()]
    .filter(({ column }) => column.type !== 'Owner')
    .map(({ name, table: other, column }) => ({
      name,
      table: other,
      partner: column.targets.find((target) => target.relationship === name && target.table === table.name)?.navigation ?? '',
    }));
}

function partnerOf(column: Column, target: string): string {
  const relationship = column.targets.find(({ table }) => table === target)?.relationship;
  return relationship === undefined ? '' : ` Partner="${relationship}"`;
}

const alternateKey = (name: string, columns: readonly string[]): string =>
  `<Annotation Term="OData.Community.Keys.V1.AlternateKeys"><Collection><Record><PropertyValue Property="Name" String="${name}" /><PropertyValue Property="Key"><Collection>${columns
    .map(
      (column) =>
        `<Record><PropertyValue Property="Alias" String="${column}" /><PropertyValue Property="Name" PropertyPath="${column}" /></Record>`,
    )
    .join('')}</Collection></PropertyValue></Record></Collection></Annotation>`;

function entitySet(table: Table, tables: Model['tables']): string {
  const bindings = [
    ...lookupsOf(table, tables)
      .filter(({ target }) => target !== 'principal')
      .map(({ name, target }) => ({ name, target })),
    ...collectionsOf(table).map(({ name, table: target }) => ({ name, target })),
  ].map(({ name, target }) => `<NavigationPropertyBinding Path="${name}" Target="${tables.get(target)?.entitySet}" />`);
  return `<EntitySet Name="${table.entitySet}" EntityType="${NAMESPACE}.${table.name}">${bindings.join('')}</EntitySet>`;
}
