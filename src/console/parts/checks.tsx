import type { Child } from 'hono/jsx'

interface Choice {
  value: string
  label: Child
}
interface Checks {
  name: string
  /** What is chosen, over all the boxes. */
  legend: string
  choices: readonly Choice[]
  chosen: readonly string[]
  hint?: string
  problem?: string | undefined
}

/** Several of many, as boxes to tick. What is chosen and no longer offered stays, so that nobody loses it by saving. */
export function Checks({ name, legend, choices, chosen, hint, problem }: Checks) {
  const gone = chosen.filter((value) => !choices.some((choice) => choice.value === value))
  return (
    <fieldset aria-describedby={problem === undefined ? undefined : `${name}-problem`}>
      <legend>{legend}</legend>
      {hint !== undefined && <p class="hint">{hint}</p>}
      {problem !== undefined && (
        <p class="problem" id={`${name}-problem`}>
          {problem}
        </p>
      )}
      <div class="checks">
        {[...choices, ...gone.map((value) => ({ value, label: `${value} (no longer there)` }))].map(
          (choice) => (
            <label>
              <input
                type="checkbox"
                name={name}
                value={choice.value}
                checked={chosen.includes(choice.value)}
              />
              <span>{choice.label}</span>
            </label>
          ),
        )}
      </div>
    </fieldset>
  )
}
