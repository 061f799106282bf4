import { expect, test } from 'vitest'
import { ConnectionManager, type ManagedConnection } from '../../../../src/net/seeder/connection-manager.ts'

const from = (address: string) => ({ remote: { address, port: 1, family: 4 } as const })

class Connection implements ManagedConnection {
  readonly ends: ('end' | 'abort')[] = []

  end(): void {
    this.ends.push('end')
  }

  abort(): void {
    this.ends.push('abort')
  }
}

test('each address has its limit, all have theirs, and who leaves makes room for one, however often', () => {
  const manager = new ConnectionManager<Connection>({ total: 3, perAddress: 2 })
  for (let visit = 0; visit < 10; visit++) {
    const [first, second, other] = [new Connection(), new Connection(), new Connection()] as const
    manager.add(first, from('10.0.0.1'))
    expect(manager.refusal(from('10.0.0.1'))).toBeUndefined()
    manager.add(second, from('10.0.0.1'))
    expect(manager.refusal(from('10.0.0.1'))).toBe('too-many-from-address')
    expect(manager.refusal(from('10.0.0.2'))).toBeUndefined()
    manager.add(other, from('10.0.0.2'))
    expect(manager.refusal(from('10.0.0.3'))).toBe('too-many-connections')
    manager.remove(other)
    manager.remove(other)
    manager.remove(first)
    expect([manager.size, manager.refusal(from('10.0.0.1'))]).toStrictEqual([1, undefined])
    manager.remove(second)
    expect(manager.size).toBe(0)
  }
})

test.each(['end', 'abort'] as const)(
  '%s: nobody new is taken, and it is over with the last one',
  async (how) => {
    const manager = new ConnectionManager<Connection>({ total: 3, perAddress: 2 })
    const connections = [new Connection(), new Connection()]
    for (const connection of connections) manager.add(connection, from('10.0.0.1'))
    let isOver = false
    const closed = manager.closeAll(how).then(() => (isOver = true))
    expect(manager.refusal(from('10.0.0.2'))).toBe('closing')
    expect(connections.map(({ ends }) => ends)).toStrictEqual([[how], [how]])
    for (const connection of connections) {
      await Promise.resolve()
      expect(isOver).toBe(false)
      manager.remove(connection)
    }
    await closed
    await manager.closeAll(how)
  },
)
