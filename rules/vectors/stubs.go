package main

func tileCases(string, []byte) ([]testCase, error)    { return nil, nil }
func ekuiperCases(string, []byte) ([]testCase, error) { return nil, nil }
