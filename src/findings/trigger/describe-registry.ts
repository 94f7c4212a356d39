import { listWords, quoted } from './conditions.ts'
import type { TriggerRegistry } from './model.ts'
import type { Describer } from './part.ts'

const PROPERTIES = new Set(['hive', 'keypath', 'rootpath', 'valuename'])

const AUTOSTART =
  /\\currentversion\\(?:run|runonce|runonceex|runservices|policies\\explorer\\run)(?:\\|$)|\\winlogon(?:\\|$)|\\image file execution options|\\appinit_dlls|\\currentversion\\windows(?:\\|$)|\\(?:current)?controlset\w*\\services(?:\\|$)|\\active setup|\\shellserviceobjectdelayload|\\currentversion\\explorer\\(?:shell folders|user shell folders|browser helper)|\\session manager(?:\\|$)|\\startupapproved|\\wbem\\cimom|\\command processor|\\userinit/i
const SECURITY =
  /windows defender|\\policies\\microsoft\\|\\control\\lsa|\\securityproviders|sharedaccess\\parameters|firewallpolicy|\\eventlog(?:\\|$)|\\winevt\\|\\amsi|\\policies\\system|security center|\\windowsfirewall|\\safer\\|\\srpv2|sysmon|\\scriptblocklogging|\\terminal server|\\safeboot/i

/** Changes of registry keys and values, from the registry event provider. */
export const registry: Describer = {
  classes: /^registry(?:key|value|tree)changeevent$/,
  consumes: (property, { test }) => PROPERTIES.has(property) && (test === '=' || test === 'like'),
  each: true,
  describe: (group) => {
    const watched = group.alternatives.map((atoms): TriggerRegistry => {
      const value = (name: string): string | undefined =>
        atoms.find(
          ({ property, test }) => property.toLowerCase() === name && (test === '=' || test === 'like'),
        )?.value
      const hive = value('hive')
      // A query escapes backslashes, and many are escaped once more than needed.
      const key = (value('keypath') ?? value('rootpath'))?.replace(/\\{2,}/g, '\\')
      const name = value('valuename')
      const path = `${key === undefined ? '' : `\\${key}`}${name === undefined ? '' : `\\${name}`}`
      const watches = AUTOSTART.test(path) ? 'autostart' : SECURITY.test(path) ? 'security' : 'other'
      return {
        ...(hive === undefined ? {} : { hive }),
        ...(key === undefined ? {} : { key }),
        ...(name === undefined ? {} : { value: name }),
        watches,
      }
    })
    const words = watched.map(({ hive, key, value, watches }) => {
      const place = key === undefined ? 'the registry' : `${hive === undefined ? '' : `${hive}\\`}${key}`
      const what =
        value === undefined
          ? `the registry key ${quoted(place)}`
          : `the registry value ${quoted(value)} in ${quoted(place)}`
      const why = {
        autostart: ' (programs that start with Windows are listed there)',
        security: ' (it holds security settings)',
        other: '',
      }
      const below = group.lower === 'registrytreechangeevent' ? ' or anything below it' : ''
      return `${what}${below} changes${why[watches]}`
    })
    const named = watched.some(({ watches }) => watches !== 'other')
    const unnamed = watched.every(({ key }) => key === undefined)
    return {
      kind: 'registry',
      words: `when ${listWords(words)}`,
      rows: [named ? 'registry-autostart' : 'operational'],
      details: { registry: watched },
      ...(unnamed ? { broad: true as const } : {}),
    }
  },
}
