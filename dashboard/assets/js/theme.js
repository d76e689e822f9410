// Runs before anything is painted: the theme chosen on this screen, else dark, which a room full of screens bears best.
document.documentElement.dataset.theme = localStorage.getItem('vigil-theme') ?? 'dark'
