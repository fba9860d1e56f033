// Package tagged is what the program has of the manual: with the build tag "manual" the verb that writes it, else nothing, so that
// what renders pages is in no program that is shipped.
package tagged
