/** Codes of `cim`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const cimCodes = {
  'cim/no-mapping': 'No mapping file of the repository can be used, so the index cannot be followed.',
  'cim/bad-mapping': 'A mapping file is damaged or belongs to another repository and is left out.',
  'cim/mapping-fallback':
    'The newest mapping leads to a damaged index, so an older generation is read instead.',
  'cim/size-mismatch': 'A data or index file is shorter than its mapping says; what is there is read.',
  'cim/index-page': 'A page of INDEX.BTR cannot be read; keys below it may be missing from the listing.',
  'cim/index-cycle': 'A page of INDEX.BTR is reached twice, so its keys are read only once.',
  'cim/index-order': 'Keys of an index page are out of order; the page is searched as a whole.',
  'cim/index-key': 'A key of INDEX.BTR does not have a known shape and is left out.',
  'cim/record-missing': 'An index key names a record that its page does not hold.',
  'cim/record-damaged': 'A record of OBJECTS.DATA cannot be decoded, in whole or in part.',
  'cim/key-mismatch':
    'A record has another key than the index names it by: one of the two was changed, by damage or by hand.',
  'cim/value-damaged': 'One property of a record cannot be decoded; the others are read.',
  'cim/class-missing': 'No definition of a class is found, so its instances cannot be decoded.',
  'cim/class-damaged': 'A class definition cannot be used as it stands.',
  'cim/namespace': 'A namespace has a name that cannot be used, or is not explained by its parents.',
  'cim/unindexed': 'A record is live but the index does not lead to it.',
  'cim/carved-only':
    'The index cannot be followed, so what is live and what is deleted cannot be told apart.',
  'cim/more': 'Further diagnostics of the same code are counted and not listed.',
  'cim/no-repository': 'No file of a WMI repository is found under the given path.',
  'cim/write': 'A repository description cannot be written.',
} as const
