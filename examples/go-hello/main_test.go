package main

import "testing"

func TestArithmetic(t *testing.T) {
	if 1+1 != 2 {
		t.Fatal("numbers are broken")
	}
}
