import { describe, expect, test } from 'vitest'
import { Hosts } from './hosts.ts'
import { comparable, comparableQuery, sameContent } from './text.ts'

describe('hosts', () => {
  test('a short name joins the one full name that begins with it', () => {
    const hosts = new Hosts(['PC1', 'pc1.lab.example', 'PC2'])
    expect(hosts.key('pc1')).toBe('pc1.lab.example')
    expect(hosts.display(hosts.key('PC1'))).toBe('pc1.lab.example')
    expect(hosts.display(hosts.key('pc2'))).toBe('PC2')
    expect(hosts.aliases('pc1.lab.example')).toEqual(['pc1', 'pc1.lab.example'])
  })

  test('a short name that two domains have joins neither, and an address is no full name', () => {
    const hosts = new Hosts(['web', 'web.a.example', 'web.b.example', '10', '10.0.0.1'])
    expect(hosts.key('web')).toBe('web')
    expect(hosts.key('10')).toBe('10')
  })

  test('a name that evidence spells in full is found by its short form, an unknown one is not', () => {
    const hosts = new Hosts(['srv9.lab.example'])
    expect(hosts.find('SRV9')).toBe('srv9.lab.example')
    expect(hosts.find('srv8')).toBeUndefined()
  })
})

describe('content as it is compared', () => {
  test('collapsed line ends, entities, and escapes undone once less are the same content', () => {
    expect(sameContent('a\r\n\tb "c" <d>', 'a b \\"c\\" &lt;d&gt;')).toBe(true)
    expect(sameContent('c:\\\\temp\\\\x', 'c:\\temp\\x')).toBe(true)
    expect(sameContent('cmd /c a', 'cmd /c b')).toBe(false)
  })

  test('a long text that was cut is the same as its whole, a short one is not', () => {
    const script = 'x = 1\n'.repeat(100)
    expect(sameContent(script, script.slice(0, 400))).toBe(true)
    expect(sameContent('cmd.exe', 'cmd')).toBe(false)
  })

  test('letter case and blanks of a query do not matter', () => {
    expect(comparableQuery("SELECT * FROM X WHERE a = 'b'")).toBe(
      comparableQuery("select *  from x where a='b'"),
    )
  })

  test('a hostile run of backslashes, quotes and blanks is compared in linear time', () => {
    for (const text of ['\\'.repeat(500_000), ' '.repeat(500_000), '\\"'.repeat(250_000)]) {
      expect(comparable(text).length).toBeLessThanOrEqual(text.length)
    }
  })
})
