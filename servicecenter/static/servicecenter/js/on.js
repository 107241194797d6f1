// Runs before the page is drawn, so that what only serves readers without JavaScript never flashes up.
document.documentElement.classList.add("js-on");
