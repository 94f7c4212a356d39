import { lookupTable } from '../../bytes/index.ts'
import { type Atom, likeWords, listWords, quoted } from './conditions.ts'
import { atomsOf, type Describer, equalValues } from './part.ts'

const VOLUME_EVENTS: Readonly<Record<string, string>> = lookupTable({
  '1': 'the configuration of a drive changes',
  '2': 'a drive (such as a USB stick) is plugged in',
  '3': 'a drive is removed',
  '4': 'the computer is docked',
})
const DRIVE_TYPES: Readonly<Record<string, string>> = lookupTable({
  '2': 'a removable drive (such as a USB stick)',
  '3': 'a hard disk',
  '4': 'a network drive',
  '5': 'a CD or DVD',
})

/** Volumes and drives coming and going. */
export const volumes: Describer = {
  classes:
    /^(?:win32_volumechangeevent|win32_logicaldisk|cim_logicaldisk|win32_volume|win32_diskdrive|win32_diskpartition|win32_mappedlogicaldisk|win32_cdromdrive)$/,
  consumes: (property, { test }) =>
    test === '='
      ? ['eventtype', 'drivetype', 'drivename', 'deviceid', 'interfacetype', 'name', 'driveletter'].includes(
          property,
        )
      : property === 'freespace' && ['<', '<=', '>', '>='].includes(test),
  describe: (group) => {
    const names = equalValues(group, 'drivename', 'deviceid', 'name', 'driveletter')
    const named = names.length === 0 ? '' : ` (${listWords(names.map(quoted))})`
    if (group.lower === 'win32_volumechangeevent') {
      const events = equalValues(group, 'eventtype').map(
        (type) => VOLUME_EVENTS[type] ?? `drive event ${type} arises`,
      )
      const words =
        events.length === 0 ? 'a drive (such as a USB stick) is plugged in or removed' : listWords(events)
      return { kind: 'volume', words: `when ${words}${named}`, rows: ['activity'] }
    }
    const usb = equalValues(group, 'interfacetype').some((type) => /usb/i.test(type))
    const types = equalValues(group, 'drivetype').map(
      (type) => DRIVE_TYPES[type] ?? `a drive of type ${type}`,
    )
    const space = spaceWords(atomsOf(group, 'freespace'))
    if (space !== undefined) {
      const drive = names.length > 0 ? listWords(names.map(quoted)) : (types[0] ?? 'a drive')
      return { kind: 'volume', words: `when the free space of ${drive} ${space}`, rows: ['operational'] }
    }
    const what = usb ? 'a USB drive' : types.length === 0 ? 'a drive (such as a USB stick)' : listWords(types)
    const how = {
      created: 'is plugged in',
      deleted: 'is removed',
      modified: 'changes (for example its free space)',
      operated: 'is plugged in, changes or is removed',
      happened: 'changes',
    }[group.change]
    // A drive that changes is nothing that people do; one that comes or goes is.
    const rows = [group.change === 'modified' ? ('operational' as const) : ('activity' as const)]
    return { kind: 'volume', words: `when ${what} ${how}${named}`, rows }
  },
}

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const

/** `falls below 1 GB`; `undefined` where the query does not compare the free space with a number. */
function spaceWords(atoms: readonly Atom[]): string | undefined {
  const [atom] = atoms
  const bytes = Number(atom?.value)
  if (atom === undefined || !Number.isFinite(bytes) || bytes < 0) return undefined
  const step = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(1024)))
  const amount = `${Number((bytes / 1024 ** step).toFixed(1))} ${UNITS[step]}`
  if (atom.test === '<' || atom.test === '<=') return `is below ${amount}`
  return atom.test === '>' || atom.test === '>=' ? `is above ${amount}` : undefined
}

const DEVICE_EVENTS: Readonly<Record<string, string>> = lookupTable({
  '1': 'devices are set up anew',
  '2': 'a device is plugged in',
  '3': 'a device is removed',
  '4': 'the computer is docked',
})

/** Arrival and removal of devices of any kind. */
export const deviceChanges: Describer = {
  classes: /^(?:win32_devicechangeevent|win32_systemconfigurationchangeevent)$/,
  consumes: (property, { test }) => property === 'eventtype' && test === '=',
  describe: (group) => {
    const events = equalValues(group, 'eventtype').map(
      (type) => DEVICE_EVENTS[type] ?? `device event ${type} arises`,
    )
    const words = events.length === 0 ? 'a device is plugged in, removed or set up anew' : listWords(events)
    return { kind: 'device', words: `when ${words}`, rows: ['activity'] }
  },
}

const POWER_EVENTS: Readonly<Record<string, string>> = lookupTable({
  '4': 'the computer goes to sleep',
  '7': 'the computer wakes up',
  '10': 'the power supply or battery changes',
  '11': 'the computer reports a power event of its maker',
  '18': 'the computer wakes up by itself',
})

/** Sleep, wake, battery, brightness. */
export const power: Describer = {
  classes:
    /^(?:win32_powermanagementevent|win32_battery|wmimonitorbrightnessevent|batterystatus\w*|msacpi_\w+)$/,
  consumes: (property, { test }) => property === 'eventtype' && test === '=',
  describe: (group) => {
    if (group.lower === 'wmimonitorbrightnessevent')
      return { kind: 'power', words: 'when the brightness of the screen changes', rows: ['operational'] }
    if (/^(?:win32_battery|batterystatus)/.test(group.lower) && group.change !== 'happened')
      return { kind: 'power', words: 'when the state of the battery changes', rows: ['operational'] }
    const events = equalValues(group, 'eventtype').map(
      (type) => POWER_EVENTS[type] ?? `power event ${type} arises`,
    )
    const words =
      events.length === 0 ? 'the computer sleeps, wakes up, or its power supply changes' : listWords(events)
    return { kind: 'power', words: `when ${words}`, rows: ['operational'] }
  },
}

/** Shutdown and sign-out. */
export const shutdown: Describer = {
  classes: /^win32_computershutdownevent$/,
  consumes: (property, { test }) => property === 'type' && test === '=',
  describe: (group) => {
    const types = equalValues(group, 'type')
    if (types.length > 0 && types.every((type) => type === '0'))
      return { kind: 'logoff', words: 'when someone signs out', rows: ['activity'] }
    const words =
      types.length > 0 && types.every((type) => type === '1')
        ? 'is shut down or restarted'
        : 'is shut down, restarted, or someone signs out'
    return { kind: 'shutdown', words: `when the computer ${words}`, rows: ['operational'] }
  },
}

/** Files and folders. */
export const files: Describer = {
  classes:
    /^(?:cim_datafile|cim_directorycontainsfile|cim_logicalfile|win32_directory|win32_subdirectory|cim_directory|win32_shortcutfile)$/,
  consumes: (property, { test }) =>
    test === '=' && ['name', 'drive', 'path', 'filename', 'extension', 'groupcomponent'].includes(property),
  describe: (group) => {
    const value = (name: string): string => equalValues(group, name)[0] ?? ''
    const [folder] = equalValues(group, 'groupcomponent')
    const place =
      folder === undefined ? `${value('drive')}${value('path').replace(/\\{2,}/g, '\\')}` : folderOf(folder)
    const file = `${value('filename')}${value('extension') === '' ? '' : `.${value('extension')}`}`
    const [full] = equalValues(group, 'name')
    const name = full?.replace(/\\{2,}/g, '\\') ?? (file.startsWith('.') ? '' : file)
    const kind = file.startsWith('.') ? `a file of type ${quoted(file)}` : 'a file'
    const what = name === '' ? kind : `the file ${quoted(name)}`
    const where = place === '' ? '' : ` in ${quoted(place)}`
    const how = {
      created: 'appears',
      deleted: 'is deleted',
      modified: 'changes',
      operated: 'appears, changes or is deleted',
      happened: 'changes',
    }[group.change]
    const broad = name === '' && place === '' && kind === 'a file' ? { broad: true as const } : {}
    return { kind: 'file', words: `when ${what} ${how}${where}`, rows: ['operational'], ...broad }
  },
}

/** The folder inside a reference such as `Win32_Directory.Name="c:\\\\x"`. */
function folderOf(reference: string): string {
  const match = /name\s*=\s*["'](.*)["']\s*$/i.exec(reference)
  return (match?.[1] ?? reference).replace(/\\{2,}/g, '\\')
}

/** Loading of modules (DLL files) by programs. */
export const modules: Describer = {
  classes: /^(?:win32_moduleloadtrace|win32_moduletrace|win32_imageloadtrace)$/,
  consumes: (property, { test }) =>
    (property === 'filename' || property === 'imagename') && (test === '=' || test === 'like'),
  describe: (group) => {
    const names = equalValues(group, 'filename', 'imagename')
    const likes = group.alternatives.flat().filter(({ test }) => test === 'like')
    if (names.length + likes.length === 0)
      return {
        kind: 'module-load',
        words: 'when any program loads any module',
        rows: ['operational'],
        broad: true,
      }
    const parts = [...names.map(quoted), ...likes.map(({ value }) => `whose name ${likeWords(value)}`)]
    return {
      kind: 'module-load',
      words: `when a program loads the module ${listWords(parts)}`,
      rows: ['operational'],
    }
  },
}
