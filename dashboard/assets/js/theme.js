// Runs before anything is painted: the theme chosen on this screen, else the system's.
const chosen = localStorage.getItem('vigil-theme')
const light = matchMedia('(prefers-color-scheme: light)')
document.documentElement.dataset.theme = chosen ?? (light.matches ? 'light' : 'dark')
