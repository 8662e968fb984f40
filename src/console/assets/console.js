// On a narrow screen the navigation starts closed; without this script it is simply open.
const narrow = window.matchMedia('(max-width: 52rem)')
const menu = document.querySelector('details.menu')
const fold = () => menu && (menu.open = !narrow.matches)
narrow.addEventListener('change', fold)
fold()

// A form that comes back is gone on with where something is wrong.
document.querySelector('form :is(.field, fieldset):has(> .problem) :is(input, select, textarea)')?.focus()

// A form is sent once, however often its button is pressed.
document.addEventListener('submit', (event) => {
  const form = event.target
  if (form.dataset.sent) return event.preventDefault()
  form.dataset.sent = 'yes'
  window.addEventListener('pageshow', () => delete form.dataset.sent, { once: true })
})

// What is to be copied as a whole gets a button for it; without this script it can be marked and copied by hand.
for (const text of document.querySelectorAll('textarea[data-copy]')) {
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = 'Copy'
  button.setAttribute('aria-label', `Copy: ${text.labels[0]?.textContent ?? ''}`)
  button.addEventListener('click', async () => {
    text.select()
    await navigator.clipboard?.writeText(text.value)
    button.textContent = navigator.clipboard ? 'Copied' : 'Marked: press Ctrl or Cmd and C'
  })
  text.after(button)
}
