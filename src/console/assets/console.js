// On a narrow screen the navigation starts closed; without this script it is simply open.
const narrow = window.matchMedia('(max-width: 52rem)')
const menu = document.querySelector('details.menu')
const fold = () => menu && (menu.open = !narrow.matches)
narrow.addEventListener('change', fold)
fold()

// A form is sent once, however often its button is pressed.
document.addEventListener('submit', (event) => {
  const form = event.target
  if (form.dataset.sent) return event.preventDefault()
  form.dataset.sent = 'yes'
  window.addEventListener('pageshow', () => delete form.dataset.sent, { once: true })
})
