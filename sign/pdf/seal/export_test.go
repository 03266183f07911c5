package seal

// Contain is contain.
var Contain = contain
