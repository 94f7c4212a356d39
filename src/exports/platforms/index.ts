/** Rules without a platform's words (`content/platforms`) → the rule files of each platform that does not speak KQL. */
import { exportChronicle } from './chronicle.ts'
import { exportCrowdstrike } from './crowdstrike.ts'
import { exportElastic } from './elastic.ts'
import type { PlatformName } from './fields.ts'
import type { CheckedExport, LeftOut, PlatformExport, PlatformRule } from './model.ts'
import { exportPanther } from './panther.ts'
import { exportQradar } from './qradar.ts'
import { expressible, missingFacts } from './render.ts'
import { exportSigma } from './sigma.ts'
import { exportSplunk } from './splunk.ts'
import { exportSumologic } from './sumologic.ts'
import { exportWazuh } from './wazuh.ts'

export { PLATFORMS, type PlatformName } from './fields.ts'
export { loadPlatformRules } from './load.ts'
export type { CheckedExport, ExportFile, LeftOut, PlatformRule } from './model.ts'

const EMITTERS: Readonly<Record<PlatformName, (rules: readonly PlatformRule[]) => PlatformExport>> = {
  sigma: exportSigma,
  splunk: exportSplunk,
  elastic: exportElastic,
  qradar: exportQradar,
  crowdstrike: exportCrowdstrike,
  chronicle: exportChronicle,
  sumologic: exportSumologic,
  panther: exportPanther,
  wazuh: exportWazuh,
}

/** The files of one platform, and the rules that it has no form for, or only a narrower one. */
export function exportPlatform(platform: PlatformName, rules: readonly PlatformRule[]): CheckedExport {
  const narrowed = rules.flatMap((rule): LeftOut[] => {
    if (rule.body.kind !== 'single' || expressible(platform, rule.body.where) === undefined) return []
    const missing = missingFacts(platform, rule.body)
    return missing.length === 0 ? [] : [{ rule: rule.id, why: `does not look at ${missing.join(', ')}` }]
  })
  return { ...EMITTERS[platform](rules), narrowed }
}
