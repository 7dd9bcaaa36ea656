// Package oracle holds package oci and its double against Oracle's own SDK. It has nothing but tests.
//
// Three questions: does our signer write what the SDK's writes, byte for byte; does the double take what
// the SDK's providers and clients send; is what we send what the SDK would have sent.
package oracle
