import { describe, expect, test } from 'vitest'
import type { CimValue } from '../../lang/cim-value.ts'
import type { RepositoryFiles } from '../../records/cim/types.ts'
import { type RepositoryChange, standardClasses, writeRepository } from '../../records/cim/write/index.ts'
import type { EventRecord } from '../../records/event.ts'
import { judge } from '../judge/index.ts'
import type { Reason, SubscriptionFacts } from '../model.ts'
import { activation, investigate, sampleEvent, type Triad, WMI } from '../records.suite.ts'

const APPLICATION = { provider: 'Microsoft-Windows-WMI', channel: 'Application' }
const NAMESPACE = 'root\\subscription'
const OWN: Triad = {
  filter: 'F',
  query: 'SELECT * FROM Win32_ProcessStartTrace',
  consumerClass: 'AcmeConsumer',
  consumer: 'C',
  properties: 'Target = "x";',
}

const object = (className: string, properties: Readonly<Record<string, CimValue>>): RepositoryChange => ({
  kind: 'instance',
  namespace: NAMESPACE,
  class: className,
  properties,
})

/** Windows' own registration of a class, or somebody else's. */
function registration(className: string, provider: string, clsid: string): RepositoryChange[] {
  return [
    object('__Win32Provider', { Name: provider, CLSID: clsid, HostingModel: 'LocalSystemHost' }),
    object('__EventConsumerProviderRegistration', {
      provider: `\\\\.\\root\\subscription:__Win32Provider.Name="${provider}"`,
      ConsumerClassNames: [className],
    }),
  ]
}

const STOCK: readonly RepositoryChange[] = [
  ...registration(
    'ActiveScriptEventConsumer',
    'ActiveScriptEventConsumer',
    '{266c72e7-62e8-11d1-ad89-00c04fd8fdff}',
  ),
  ...registration(
    'CommandLineEventConsumer',
    'CommandLineEventConsumer',
    '{266C72E5-62E8-11D1-AD89-00C04FD8FDFF}',
  ),
  ...registration('LogFileEventConsumer', 'LogFileEventConsumer', '{266c72d4-62e8-11d1-ad89-00c04fd8fdff}'),
  ...registration(
    'NTEventLogEventConsumer',
    'NTEventLogEventConsumer',
    '{266c72e6-62e8-11d1-ad89-00c04fd8fdff}',
  ),
  ...registration('SMTPEventConsumer', 'SMTPEventConsumer', '{C7A3A54B-0250-11d3-9CD1-00105A1F4801}'),
]

function repository(objects: readonly RepositoryChange[], host?: string): RepositoryFiles {
  const written = writeRepository({
    startFiletime: 133_000_000_000_000_000n,
    commits: [standardClasses(), objects],
  })
  return {
    source: 'Repository',
    ...(host === undefined ? {} : { host }),
    evidence: { objects: 'OBJECTS.DATA', index: 'INDEX.BTR' },
    objects: written['OBJECTS.DATA'] ?? new Uint8Array(),
    index: written['INDEX.BTR'] ?? new Uint8Array(),
    mappings: Object.entries(written)
      .filter(([name]) => name.startsWith('MAPPING'))
      .map(([name, bytes]) => ({ name, bytes })),
  }
}

const subscription: readonly RepositoryChange[] = [
  {
    kind: 'class',
    namespace: NAMESPACE,
    definition: {
      name: 'AcmeConsumer',
      superclass: '__EventConsumer',
      properties: [
        { name: 'Name', type: 'string', key: true },
        { name: 'Target', type: 'string' },
      ],
    },
  },
  object('__EventFilter', {
    Name: 'F',
    Query: OWN.query,
    QueryLanguage: 'WQL',
    EventNamespace: 'root\\cimv2',
  }),
  object('AcmeConsumer', { Name: 'C', Target: 'x' }),
  object('__FilterToConsumerBinding', {
    Filter: '__EventFilter.Name="F"',
    Consumer: 'AcmeConsumer.Name="C"',
  }),
]

const localSystem = (
  provider: string,
  namespace: string,
  options: { host?: string; message?: string } = {},
): EventRecord =>
  sampleEvent(APPLICATION, 63, options.message === undefined ? [provider, namespace] : [], options)

const started = (provider: string, path: string): EventRecord =>
  sampleEvent(WMI, 5857, {
    ProviderName: provider,
    Code: '0x0',
    HostProcess: 'wmiprvse.exe',
    ProcessID: '4120',
    ProviderPath: path,
  })

const providerReason = (facts: SubscriptionFacts | undefined): Reason | undefined =>
  facts === undefined ? undefined : judge(facts).reasons.find(({ id }) => id === 'provenance/provider')

describe('a consumer of a class that is not one of Windows', () => {
  test('names the provider that the repository registers for it, for no points', () => {
    const files = repository([
      ...subscription,
      ...STOCK,
      ...registration('acmeconsumer', 'AcmeProv', '{0000-1}'),
    ])
    const { subscriptions } = investigate([], (investigation) => investigation.addRepository(files))
    expect(subscriptions).toHaveLength(1)
    const reason = providerReason(subscriptions[0])
    expect(reason).toMatchObject({
      weight: 0,
      text: 'Who delivers its events: the class acmeconsumer is served in root\\subscription by the provider "AcmeProv" (CLSID {0000-1}, LocalSystemHost)',
    })
    expect(reason?.from?.[0]).toMatch(/^OBJECTS\.DATA@\d+$/)
  })

  test('takes event 63 of that provider with it, whatever else was registered', () => {
    const files = repository(
      [...subscription, ...registration('AcmeConsumer', 'AcmeProv', '{0000-1}')],
      'PC1',
    )
    const { subscriptions } = investigate(
      [
        localSystem('AcmeProv', 'ROOT\\Subscription'),
        localSystem('DMWmiBridgeProv1', 'root\\cimv2\\mdm\\dmmap'),
      ],
      (investigation) => investigation.addRepository(files),
    )
    expect(subscriptions).toHaveLength(1)
    expect(providerReason(subscriptions[0])?.text).toMatch(
      /; the provider "AcmeProv" was registered in root\\subscription to run as LocalSystem$/,
    )
  })

  test('known from 5861 alone, takes event 63 of a provider of that name, also from its message', () => {
    const message =
      'A provider, AcmeConsumerProvider, has been registered in the Windows Management Instrumentation namespace root\\subscription to use the LocalSystem account. This account is privileged.'
    const { subscriptions } = investigate([activation(OWN), localSystem('', '', { message })])
    expect(providerReason(subscriptions[0])?.text).toContain('"AcmeConsumerProvider" was registered')
  })

  test('defined in a MOF file, names what the same file registers', () => {
    const text = `
      #pragma namespace("\\\\\\\\.\\\\root\\\\subscription")
      class AcmeConsumer : __EventConsumer { [key] string Name; };
      instance of __Win32Provider as $P { Name = "AcmeProv"; CLSID = "{0000-1}"; };
      instance of __EventConsumerProviderRegistration { Provider = $P; ConsumerClassNames = {"AcmeConsumer"}; };
      instance of __EventFilter as $F { Name = "F"; Query = "SELECT * FROM X"; QueryLanguage = "WQL"; };
      instance of AcmeConsumer as $C { Name = "C"; };
      instance of __FilterToConsumerBinding { Filter = $F; Consumer = $C; };`
    const { subscriptions } = investigate([], (investigation) =>
      investigation.addMof({ evidence: 'm', path: 'acme.mof', text }),
    )
    expect(subscriptions).toHaveLength(1)
    expect(providerReason(subscriptions[0])?.text).toContain('by the provider "AcmeProv" (CLSID {0000-1})')
  })
})

test('a provider that WMI loaded from a foreign folder takes its event 63 with it', () => {
  const { subscriptions } = investigate([
    started('AcmeProv', 'C:\\Users\\Public\\acme.dll'),
    localSystem('AcmeProv', 'root\\acme'),
  ])
  expect(subscriptions).toHaveLength(1)
  expect(providerReason(subscriptions[0])?.text).toContain('"AcmeProv" was registered in root\\acme')
})

describe('nothing is said where there is nothing to say', () => {
  test('event 63 alone is a product at its installation', () => {
    const { subscriptions, dismissed } = investigate([
      localSystem('PolicyAgentInstanceProvider', 'root\\ccm\\Policy\\S_1_5_18'),
      localSystem('OffProv11', 'Root\\MSAPPS11'),
    ])
    expect([...subscriptions, ...dismissed]).toEqual([])
  })

  test('a registration alone is a product too, and those of Windows and Defender are none of ours', () => {
    const files = repository([...STOCK, ...registration('AcmeConsumer', 'AcmeProv', '{0000-1}')], 'PC1')
    const { subscriptions, dismissed } = investigate(
      [started('ProtectionManagement', '%ProgramFiles%\\Windows Defender\\ProtectionManagement.dll')],
      (investigation) => investigation.addRepository(files),
    )
    expect([...subscriptions, ...dismissed]).toEqual([])
  })

  test("a consumer of Windows' own class takes nothing, nor one of another host or namespace", () => {
    const stock = {
      ...OWN,
      consumerClass: 'CommandLineEventConsumer',
      properties: 'CommandLineTemplate = "a.exe";',
    }
    const elsewhere = { ...OWN, namespace: 'root\\acme' }
    const files = repository(registration('AcmeConsumer', 'AcmeProv', '{0000-1}'), 'PC1')
    const { subscriptions } = investigate(
      [
        activation(stock),
        localSystem('CommandLineEventConsumer', NAMESPACE),
        activation(elsewhere),
        activation(OWN, { host: 'PC2' }),
        localSystem('AcmeConsumer', 'root\\other'),
      ],
      (investigation) => investigation.addRepository(files),
    )
    expect(subscriptions).toHaveLength(3)
    expect(subscriptions.map(providerReason)).toEqual([undefined, undefined, undefined])
  })
})

test("Windows' own class that the repository gives to another part is reported, and high", () => {
  const taken = [
    ...STOCK,
    ...registration(
      'CommandLineEventConsumer',
      'CommandLineEventConsumer',
      '{DEADBEEF-0000-0000-0000-000000000001}',
    ),
  ]
  const { subscriptions } = investigate([], (investigation) =>
    investigation.addRepository(repository(taken, 'PC1')),
  )
  expect(subscriptions).toMatchObject([{ host: 'PC1', state: 'modified' }])
  const [facts] = subscriptions
  if (facts === undefined) throw new Error('one finding')
  const judgement = judge(facts)
  expect(judgement).toMatchObject({ severity: 'high', confidence: 'medium' })
  expect(judgement.reasons).toContainEqual(
    expect.objectContaining({
      id: 'host/foreign-provider',
      weight: 40,
      text: 'One of Windows\' own consumer classes was given to another part: the class CommandLineEventConsumer is served in root\\subscription by the provider "CommandLineEventConsumer" (CLSID {DEADBEEF-0000-0000-0000-000000000001}, LocalSystemHost); Windows\' own is {266c72e5-62e8-11d1-ad89-00c04fd8fdff}',
    }),
  )
  expect(judgement.explanation.action).toContain("Windows' own consumer classes was given to another part")
})
