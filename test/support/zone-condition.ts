// The whole condition under which a role may change a zone: these names, these types, and no upsert.

export const onlyRecords = (names: readonly string[], types: readonly string[]) => ({
  'ForAllValues:StringEquals': {
    'route53:ChangeResourceRecordSetsNormalizedRecordNames': names,
    'route53:ChangeResourceRecordSetsRecordTypes': types,
    'route53:ChangeResourceRecordSetsActions': ['CREATE', 'DELETE'],
  },
  Null: {
    'route53:ChangeResourceRecordSetsNormalizedRecordNames': 'false',
    'route53:ChangeResourceRecordSetsRecordTypes': 'false',
    'route53:ChangeResourceRecordSetsActions': 'false',
  },
})
