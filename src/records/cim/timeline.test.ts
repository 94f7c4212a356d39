import { expect, test } from 'vitest'
import { datetimeToIso, readTimeline } from './index.ts'
import { asFiles, filter, put, remove, written } from './sample-repository.suite.ts'

const METERING = 'root\\ccm\\SoftwareMeteringAgent'

const files = written([
  [
    { kind: 'namespace', name: METERING },
    {
      kind: 'class',
      namespace: METERING,
      definition: {
        name: 'CCM_RecentlyUsedApps',
        properties: [
          { name: 'ExplorerFileName', type: 'string', key: true },
          { name: 'FolderPath', type: 'string', key: true },
          { name: 'LastUserName', type: 'string', key: true },
          { name: 'LastUsedTime', type: 'datetime' },
          { name: 'LaunchCount', type: 'uint32' },
        ],
      },
    },
    put(
      'CCM_RecentlyUsedApps',
      {
        ExplorerFileName: 'evil.exe',
        FolderPath: 'C:\\Users\\Public\\',
        LastUserName: 'PC\\user',
        LastUsedTime: '20220310220000.000000+060',
        LaunchCount: 3,
      },
      METERING,
    ),
  ],
  [filter('A'), filter('B')],
  [remove('__EventFilter', { Name: 'B' })],
])
const timeline = readTimeline(asFiles(files), () => undefined)

test('a program that ran is told with the time of its own record, not that of the repository', () => {
  const used = timeline.find(({ what }) => what === 'used')
  expect(used?.time).toBe('2022-03-10T21:00:00Z')
  expect(used?.properties).toMatchObject({ ExplorerFileName: 'evil.exe', LaunchCount: 3 })
})

test('writes of a run stay in their order, and what is gone is told as removed', () => {
  const filters = timeline.filter(({ className }) => className === '__EventFilter')
  expect(filters.map(({ what, path }) => `${what} ${path}`)).toEqual([
    'stored __EventFilter.Name="A"',
    'removed __EventFilter.Name="B"',
  ])
  const [a, b] = filters
  expect((b?.order ?? 0) - (a?.order ?? 0)).toBe(1)
  expect(a?.addedAfterGeneration).toBe(2)
  expect(a?.notBefore).toMatch(/^2022-03-10T16:35:19/)
})

test('intervals and texts that are no datetime give no time', () => {
  expect(datetimeToIso('00000000000500.000000:000')).toBeUndefined()
  expect(datetimeToIso('yesterday')).toBeUndefined()
  expect(datetimeToIso('20220310220000.125000-300')).toBe('2022-03-11T03:00:00.125Z')
})
