import { bytesCodes } from './bytes.ts'
import { cimCodes } from './cim.ts'
import { cliCodes } from './cli.ts'
import { deployCodes } from './deploy.ts'
import { detectionsCodes } from './detections.ts'
import { engineCodes } from './engine.ts'
import { eventsCodes } from './events.ts'
import { evidenceCodes } from './evidence.ts'
import { evtxCodes } from './evtx.ts'
import { exportsCodes } from './exports.ts'
import { findingsCodes } from './findings.ts'
import { mofCodes } from './mof.ts'
import { platformsCodes } from './platforms.ts'
import { queryCodes } from './query.ts'
import { reportsCodes } from './reports.ts'
import { tablesCodes } from './tables.ts'
import { wqlCodes } from './wql.ts'

/** Every code the product can report, with its meaning. Messages may improve; codes stay. */
export const diagnosticCodes: typeof bytesCodes &
  typeof cimCodes &
  typeof cliCodes &
  typeof deployCodes &
  typeof detectionsCodes &
  typeof engineCodes &
  typeof eventsCodes &
  typeof evidenceCodes &
  typeof evtxCodes &
  typeof exportsCodes &
  typeof findingsCodes &
  typeof mofCodes &
  typeof platformsCodes &
  typeof queryCodes &
  typeof reportsCodes &
  typeof tablesCodes &
  typeof wqlCodes = {
  ...bytesCodes,
  ...cimCodes,
  ...cliCodes,
  ...deployCodes,
  ...detectionsCodes,
  ...engineCodes,
  ...eventsCodes,
  ...evidenceCodes,
  ...evtxCodes,
  ...exportsCodes,
  ...findingsCodes,
  ...mofCodes,
  ...platformsCodes,
  ...queryCodes,
  ...reportsCodes,
  ...tablesCodes,
  ...wqlCodes,
}

export type DiagnosticCode = keyof typeof diagnosticCodes
