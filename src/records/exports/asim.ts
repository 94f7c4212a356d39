import { processRow } from './process-rows.ts'

/**
 * The values of a row of DeviceProcessEvents, `'other'` for the end of a process, `undefined` where the row is not of the
 * process schema: a union may have rows of other tables beside.
 */
export type AsimProcess = (values: readonly unknown[]) => readonly unknown[] | 'other' | undefined

/**
 * Process events of Sentinel's ASIM, stored (`ASimProcessEventLogs`) or as its parsers give them (`imProcessCreate`,
 * `_Im_ProcessEvent`), whose rows may keep columns of the table they come from. `undefined` where the columns, in lower
 * case, are others. Source: Microsoft Learn, "The Advanced Security Information Model (ASIM) Process Event normalization
 * schema reference"; the telemetry reference, sections 9 and 13.
 */
export function asimProcess(lower: readonly string[]): AsimProcess | undefined {
  const has = (...names: string[]): boolean => names.some((name) => lower.includes(name))
  const target = has('targetprocesscommandline', 'targetprocessname')
  const timed = has('timegenerated', 'eventstarttime')
  if (!target || !timed || !has('eventtype', 'eventschema', 'actingprocessname', 'dvc', 'dvchostname')) {
    return undefined
  }
  const places = new Map(lower.map((name, index) => [name, index]))
  const cell = (values: readonly unknown[], ...names: readonly string[]): unknown => {
    for (const name of names) {
      const value = values[places.get(name) ?? -1]
      if (value !== undefined && value !== null && value !== '') return value
    }
    return undefined
  }
  return (values) => {
    const at = (...names: readonly string[]): unknown => cell(values, ...names)
    if (at('targetprocesscommandline', 'targetprocessname') === undefined) return undefined
    if (String(at('eventtype') ?? 'ProcessCreated').toLowerCase() !== 'processcreated') return 'other'
    return processRow({
      time: at('eventstarttime', 'timegenerated'),
      host: at('dvcfqdn', 'dvchostname', 'dvc'),
      image: at('targetprocessname', 'process'),
      fileName: at('targetprocessfilename'),
      commandLine: at('targetprocesscommandline', 'commandline'),
      pid: at('targetprocessid'),
      guid: at('targetprocessguid'),
      created: at('targetprocesscreationtime'),
      integrity: at('targetprocessintegritylevel'),
      user: at('targetusername', 'user'),
      userSid: at('targetusersid', 'targetuserid'),
      actor: at('actorusername'),
      actorSid: at('actorusersid', 'actoruserid'),
      parentImage: at('actingprocessname'),
      parentFileName: at('actingprocessfilename'),
      parentCommandLine: at('actingprocesscommandline'),
      parentPid: at('actingprocessid'),
      parentGuid: at('actingprocessguid'),
      grandparent: at('parentprocessname'),
      sha1: at('targetprocesssha1'),
      sha256: at('targetprocesssha256'),
      md5: at('targetprocessmd5'),
      company: at('targetprocessfilecompany'),
      product: at('targetprocessfileproduct'),
      productVersion: at('targetprocessfileversion'),
      internalName: at('targetprocessfileinternalname'),
      originalName: at('targetprocessfileoriginalname'),
      description: at('targetprocessfiledescription'),
    })
  }
}
